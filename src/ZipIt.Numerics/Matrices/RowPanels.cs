using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ZipIt.Numerics;

/// <summary>
/// A matrix of doubles as the innermost loop of a product A·Bᵀ reads it: some rows make a panel, which holds one column after the other
/// [panel, column, rows of a panel]. Rows beyond the matrix are zero.
/// </summary>
/// <remarks>
/// Products are summed column by column in registers, over up to <see cref="MostValues"/> values of a panel, and then added to the result. What threads do in parallel are different elements,
/// so that the number of threads changes nothing.
/// </remarks>
internal sealed unsafe class RowPanels
{
    private const int Across = 3; // panels of the right-hand side in a tile of registers
    private const int MostValues = 1024; // of a panel, that are multiplied before the next tile: three panels and one of the left-hand side fit into 32 KiB
    private const int BlockRows = 192; // rows and columns of the result that a thread takes at a time; a multiple of every tile

    private readonly int _height; // rows of a panel: lanes of a vector
    private readonly AlignedBuffer _values;

    /// <summary>A matrix of zeros.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="lanes">Doubles in a vector, 4 or 8; 0 for what the processor has.</param>
    public RowPanels(int rows, int columns, int lanes = 0)
    {
        (Rows, Columns) = (rows, columns);
        _height = lanes > 0 ? lanes : Vector512.IsHardwareAccelerated ? Vector512<double>.Count : Vector256<double>.Count;
        // Behind the last panel there are as many as a tile may read beyond it.
        int panels = (rows + _height - 1) / _height + Across - 1;
        _values = AlignedBuffer.Zeros(checked(2 * panels * _height * columns));
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns that there is memory for.</summary>
    public int Columns { get; }

    /// <summary>Sets a column.</summary>
    /// <param name="column">Which one.</param>
    /// <param name="values">Its values, one for each row; those of the last rows may be missing and keep what they are.</param>
    public void SetColumn(int column, ReadOnlySpan<double> values)
    {
        Span<double> panels = _values.Doubles;
        for (int row = 0, last = Math.Min(Rows, values.Length); row < last; row += _height)
            values[row..Math.Min(row + _height, last)].CopyTo(panels[(row * Columns + column * _height)..]);
    }

    /// <summary>Sets some columns of some rows.</summary>
    /// <param name="source">Their values [rows, stride].</param>
    /// <param name="stride">Distance of the source's rows.</param>
    /// <param name="row">First row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="column">First column.</param>
    /// <param name="columns">Number of columns.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SetRows(double* source, nint stride, int row, int rows, int column, int columns)
    {
        for (int r = 0; r < rows; r++, source += stride)
        {
            double* target = Value(row + r, column);
            for (int k = 0; k < columns; k++)
                target[k * _height] = source[k];
        }

        GC.KeepAlive(this);
    }

    /// <summary>Copies some columns of some rows: the reverse of <see cref="SetRows"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void CopyRows(double* target, nint stride, int row, int rows, int column, int columns)
    {
        for (int r = 0; r < rows; r++, target += stride)
        {
            double* source = Value(row + r, column);
            for (int k = 0; k < columns; k++)
                target[k] = source[k * _height];
        }

        GC.KeepAlive(this);
    }

    /// <summary>result += factor·A·Bᵀ on and below the diagonal; what is above it has no meaning afterwards.</summary>
    /// <param name="a">A.</param>
    /// <param name="b">B, with as many rows.</param>
    /// <param name="depth">How many columns of both are multiplied, the first ones.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="result">The result [rows, stride].</param>
    /// <param name="stride">Length of its rows.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public static void AddToLower(RowPanels a, RowPanels b, int depth, double factor, double[] result, int stride, int threads)
    {
        fixed (double* values = result)
        {
            var team = new WorkerTeam(threads);
            using (team.Gather())
                AddToLower(a, b, 0, depth, factor, values, stride, 0, a.Rows, team);
        }
    }

    /// <summary>The same for some columns of the result and all rows below, which are as many as <see cref="Rows"/>.</summary>
    /// <param name="a">A.</param>
    /// <param name="b">B, with as many rows.</param>
    /// <param name="first">First column of A and B that is multiplied.</param>
    /// <param name="depth">How many of them are multiplied.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="result">The result [rows, stride].</param>
    /// <param name="stride">Length of its rows.</param>
    /// <param name="from">First column of the result, a multiple of 8.</param>
    /// <param name="to">Column behind the last one.</param>
    /// <param name="team">The threads.</param>
    public static void AddToLower(
        RowPanels a, RowPanels b, int first, int depth, double factor, double* result, nint stride, int from, int to, WorkerTeam team)
    {
        int rowBlocks = (a.Rows - from + BlockRows - 1) / BlockRows, columnBlocks = (to - from + BlockRows - 1) / BlockRows;
        int count = 0;
        for (int i = 0; i < rowBlocks; i++)
            count += Math.Min(i + 1, columnBlocks);
        team.Run((number, _) =>
        {
            // The last rows of blocks are the longest: they come first.
            int i = rowBlocks - 1;
            for (; number >= Math.Min(i + 1, columnBlocks); i--)
                number -= Math.Min(i + 1, columnBlocks);
            int row = from + i * BlockRows, column = from + number * BlockRows;
            int rows = Math.Min(BlockRows, a.Rows - row), columns = Math.Min(BlockRows, to - column);
            Add(new Part(a, row, rows, first), new Part(b, column, columns, first), depth, factor, result + row * stride + column, stride, i == number);
        }, count);
    }

    /// <summary>result += factor·A·Bᵀ for parts of both matrices.</summary>
    /// <param name="a">Rows of A.</param>
    /// <param name="b">Rows of B.</param>
    /// <param name="depth">How many columns are multiplied.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="result">The result [rows of A, stride].</param>
    /// <param name="stride">Distance of its rows.</param>
    /// <param name="isLower">Whether it is wanted on and below the diagonal only.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(Part a, Part b, int depth, double factor, double* result, nint stride, bool isLower = false)
    {
        int height = a.Panels._height, width = Across * height;
        double* edge = stackalloc double[height * width];

        // The right-hand side of a tile stays in the first-level cache while panels of the left one pass by.
        int most = MostValues / height;
        for (int k = 0; k < depth; k += most)
        {
            int part = Math.Min(most, depth - k);
            for (int column = 0; column < b.Rows; column += width)
            {
                double* right = b.Panels.Panel(b.Row + column) + (b.Column + k) * height;
                int columns = Math.Min(width, b.Rows - column);
                for (int row = isLower ? column : 0; row < a.Rows; row += height)
                {
                    double* left = a.Panels.Panel(a.Row + row) + (a.Column + k) * height;
                    double* target = result + row * stride + column;
                    int rows = Math.Min(height, a.Rows - row);
                    if (rows == height && columns == width)
                    {
                        AddTile(height, left, right, b.Panels.Columns, part, factor, target, stride);
                        continue;
                    }

                    for (int r = 0; r < rows; r++)
                        new ReadOnlySpan<double>(target + r * stride, columns).CopyTo(new Span<double>(edge + r * width, columns));
                    AddTile(height, left, right, b.Panels.Columns, part, factor, edge, width);
                    for (int r = 0; r < rows; r++)
                        new ReadOnlySpan<double>(edge + r * width, columns).CopyTo(new Span<double>(target + r * stride, columns));
                }
            }
        }

        GC.KeepAlive(a.Panels);
        GC.KeepAlive(b.Panels);
    }

    private double* Panel(int row) => (double*)_values.Pointer + (nint)row * Columns;

    private double* Value(int row, int column) => Panel(row / _height * _height) + column * _height + row % _height;

    private static void AddTile(int height, double* left, double* right, int rightColumns, int depth, double factor, double* target, nint stride)
    {
        if (height == Vector512<double>.Count)
            AddTile512(left, right, (nint)rightColumns * height, depth, factor, target, stride);
        else
            AddTile256(left, right, (nint)rightColumns * height, depth, factor, target, stride);
    }

    /// <summary>4 rows × 12 columns: twelve accumulators, each of four neighbouring columns of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTile256(double* left, double* right, nint next, int depth, double factor, double* target, nint stride)
    {
        if (Sse.IsSupported)
        {
            for (int r = 0; r < 4; r++)
            {
                Sse.Prefetch0(target + r * stride);
                Sse.Prefetch0(target + r * stride + 11);
            }
        }

        Vector256<double> a0 = default, a1 = default, a2 = default;
        Vector256<double> b0 = default, b1 = default, b2 = default;
        Vector256<double> c0 = default, c1 = default, c2 = default;
        Vector256<double> d0 = default, d1 = default, d2 = default;
        double* right1 = right + next;
        double* right2 = right1 + next;
        for (nint k = 0; k < 4 * (nint)depth; k += 4)
        {
            var p0 = Vector256.Load(right + k);
            var p1 = Vector256.Load(right1 + k);
            var p2 = Vector256.Load(right2 + k);
            var x = Vector256.Create(left[k]);
            a0 = Vector256.FusedMultiplyAdd(x, p0, a0);
            a1 = Vector256.FusedMultiplyAdd(x, p1, a1);
            a2 = Vector256.FusedMultiplyAdd(x, p2, a2);
            x = Vector256.Create(left[k + 1]);
            b0 = Vector256.FusedMultiplyAdd(x, p0, b0);
            b1 = Vector256.FusedMultiplyAdd(x, p1, b1);
            b2 = Vector256.FusedMultiplyAdd(x, p2, b2);
            x = Vector256.Create(left[k + 2]);
            c0 = Vector256.FusedMultiplyAdd(x, p0, c0);
            c1 = Vector256.FusedMultiplyAdd(x, p1, c1);
            c2 = Vector256.FusedMultiplyAdd(x, p2, c2);
            x = Vector256.Create(left[k + 3]);
            d0 = Vector256.FusedMultiplyAdd(x, p0, d0);
            d1 = Vector256.FusedMultiplyAdd(x, p1, d1);
            d2 = Vector256.FusedMultiplyAdd(x, p2, d2);
        }

        AddRow256(target, factor, a0, a1, a2);
        AddRow256(target + stride, factor, b0, b1, b2);
        AddRow256(target + 2 * stride, factor, c0, c1, c2);
        AddRow256(target + 3 * stride, factor, d0, d1, d2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow256(double* target, double factor, Vector256<double> x, Vector256<double> y, Vector256<double> z)
    {
        var factors = Vector256.Create(factor);
        Vector256.FusedMultiplyAdd(factors, x, Vector256.Load(target)).Store(target);
        Vector256.FusedMultiplyAdd(factors, y, Vector256.Load(target + 4)).Store(target + 4);
        Vector256.FusedMultiplyAdd(factors, z, Vector256.Load(target + 8)).Store(target + 8);
    }

    /// <summary>8 rows × 24 columns: 24 accumulators, each of eight neighbouring columns of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTile512(double* left, double* right, nint next, int depth, double factor, double* target, nint stride)
    {
        if (Sse.IsSupported)
        {
            for (int r = 0; r < 8; r++)
            {
                Sse.Prefetch0(target + r * stride);
                Sse.Prefetch0(target + r * stride + 8);
                Sse.Prefetch0(target + r * stride + 16);
                Sse.Prefetch0(target + r * stride + 23);
            }
        }

        Vector512<double> a0 = default, a1 = default, a2 = default, b0 = default, b1 = default, b2 = default;
        Vector512<double> c0 = default, c1 = default, c2 = default, d0 = default, d1 = default, d2 = default;
        Vector512<double> e0 = default, e1 = default, e2 = default, f0 = default, f1 = default, f2 = default;
        Vector512<double> g0 = default, g1 = default, g2 = default, h0 = default, h1 = default, h2 = default;
        double* right1 = right + next;
        double* right2 = right1 + next;
        for (nint k = 0; k < 8 * (nint)depth; k += 8)
        {
            var p0 = Vector512.Load(right + k);
            var p1 = Vector512.Load(right1 + k);
            var p2 = Vector512.Load(right2 + k);
            var x = Vector512.Create(left[k]);
            a0 = Vector512.FusedMultiplyAdd(x, p0, a0);
            a1 = Vector512.FusedMultiplyAdd(x, p1, a1);
            a2 = Vector512.FusedMultiplyAdd(x, p2, a2);
            x = Vector512.Create(left[k + 1]);
            b0 = Vector512.FusedMultiplyAdd(x, p0, b0);
            b1 = Vector512.FusedMultiplyAdd(x, p1, b1);
            b2 = Vector512.FusedMultiplyAdd(x, p2, b2);
            x = Vector512.Create(left[k + 2]);
            c0 = Vector512.FusedMultiplyAdd(x, p0, c0);
            c1 = Vector512.FusedMultiplyAdd(x, p1, c1);
            c2 = Vector512.FusedMultiplyAdd(x, p2, c2);
            x = Vector512.Create(left[k + 3]);
            d0 = Vector512.FusedMultiplyAdd(x, p0, d0);
            d1 = Vector512.FusedMultiplyAdd(x, p1, d1);
            d2 = Vector512.FusedMultiplyAdd(x, p2, d2);
            x = Vector512.Create(left[k + 4]);
            e0 = Vector512.FusedMultiplyAdd(x, p0, e0);
            e1 = Vector512.FusedMultiplyAdd(x, p1, e1);
            e2 = Vector512.FusedMultiplyAdd(x, p2, e2);
            x = Vector512.Create(left[k + 5]);
            f0 = Vector512.FusedMultiplyAdd(x, p0, f0);
            f1 = Vector512.FusedMultiplyAdd(x, p1, f1);
            f2 = Vector512.FusedMultiplyAdd(x, p2, f2);
            x = Vector512.Create(left[k + 6]);
            g0 = Vector512.FusedMultiplyAdd(x, p0, g0);
            g1 = Vector512.FusedMultiplyAdd(x, p1, g1);
            g2 = Vector512.FusedMultiplyAdd(x, p2, g2);
            x = Vector512.Create(left[k + 7]);
            h0 = Vector512.FusedMultiplyAdd(x, p0, h0);
            h1 = Vector512.FusedMultiplyAdd(x, p1, h1);
            h2 = Vector512.FusedMultiplyAdd(x, p2, h2);
        }

        AddRow512(target, factor, a0, a1, a2);
        AddRow512(target + stride, factor, b0, b1, b2);
        AddRow512(target + 2 * stride, factor, c0, c1, c2);
        AddRow512(target + 3 * stride, factor, d0, d1, d2);
        AddRow512(target + 4 * stride, factor, e0, e1, e2);
        AddRow512(target + 5 * stride, factor, f0, f1, f2);
        AddRow512(target + 6 * stride, factor, g0, g1, g2);
        AddRow512(target + 7 * stride, factor, h0, h1, h2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow512(double* target, double factor, Vector512<double> x, Vector512<double> y, Vector512<double> z)
    {
        var factors = Vector512.Create(factor);
        Vector512.FusedMultiplyAdd(factors, x, Vector512.Load(target)).Store(target);
        Vector512.FusedMultiplyAdd(factors, y, Vector512.Load(target + 8)).Store(target + 8);
        Vector512.FusedMultiplyAdd(factors, z, Vector512.Load(target + 16)).Store(target + 16);
    }

    /// <summary>Some rows of a matrix, from a column on.</summary>
    /// <param name="Panels">The matrix.</param>
    /// <param name="Row">First row, a multiple of the vector's lanes.</param>
    /// <param name="Rows">Number of rows.</param>
    /// <param name="Column">First column.</param>
    public readonly record struct Part(RowPanels Panels, int Row, int Rows, int Column);
}
