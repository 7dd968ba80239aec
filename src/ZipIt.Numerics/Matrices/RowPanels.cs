using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ZipIt.Numerics;

/// <summary>
/// A matrix of doubles as the innermost loop of a product A·Bᵀ reads it: some rows make a panel, which holds one column after the other
/// [panel, column, rows of a panel]. Rows beyond the matrix are zero.
/// </summary>
/// <remarks>
/// Products are summed column by column in registers, over all columns at once, and then added to the result. What threads do in parallel are different elements,
/// so that the number of threads changes nothing.
/// </remarks>
internal sealed unsafe class RowPanels
{
    private const int Across = 3; // panels of the right-hand side in a tile of registers
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
        int tile = Across * _height;
        _values = AlignedBuffer.Zeros(checked(2 * ((rows + tile - 1) / tile * tile) * columns));
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns that there is memory for.</summary>
    public int Columns { get; }

    /// <summary>Sets a column.</summary>
    /// <param name="column">Which one.</param>
    /// <param name="values">Its values, one for each row.</param>
    public void SetColumn(int column, ReadOnlySpan<double> values)
    {
        Span<double> panels = _values.Doubles;
        int whole = Rows - Rows % _height;
        for (int row = 0; row < whole; row += _height)
            values.Slice(row, _height).CopyTo(panels[(row * Columns + column * _height)..]);
        if (whole < Rows)
            values[whole..Rows].CopyTo(panels[(whole * Columns + column * _height)..]);
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
        int size = a.Rows;
        int blocks = (size + BlockRows - 1) / BlockRows;
        WorkerTeam.For(threads, blocks * (blocks + 1) / 2, (number, _) =>
        {
            // The last rows of blocks are the longest: they come first.
            int i = blocks - 1;
            for (; number > i; i--)
                number -= i + 1;
            AddBlock(a, b, depth, factor, result, stride, i * BlockRows, number * BlockRows);
        });
    }

    private static void AddBlock(RowPanels a, RowPanels b, int depth, double factor, double[] result, int stride, int firstRow, int firstColumn)
    {
        int height = a._height, width = Across * height, size = a.Rows;
        int lastRow = Math.Min(firstRow + BlockRows, size), lastColumn = Math.Min(firstColumn + BlockRows, size);
        double* edge = stackalloc double[height * width];
        fixed (double* values = result)
        {
            // The right-hand side of a tile stays in the first-level cache while panels of the left one pass by.
            for (int column = firstColumn; column < lastColumn; column += width)
            {
                double* right = b.Panel(column);
                int from = Math.Max(firstRow, column / height * height);
                for (int row = from; row < lastRow; row += height)
                {
                    double* target = values + (nint)row * stride + column;
                    int rows = Math.Min(height, size - row), columns = Math.Min(width, size - column);
                    if (rows == height && columns == width)
                    {
                        AddTile(height, a.Panel(row), right, b.Columns, depth, factor, target, stride);
                        continue;
                    }

                    for (int r = 0; r < rows; r++)
                        new ReadOnlySpan<double>(target + (nint)r * stride, columns).CopyTo(new Span<double>(edge + r * width, columns));
                    AddTile(height, a.Panel(row), right, b.Columns, depth, factor, edge, width);
                    for (int r = 0; r < rows; r++)
                        new ReadOnlySpan<double>(edge + r * width, columns).CopyTo(new Span<double>(target + (nint)r * stride, columns));
                }
            }
        }
    }

    private double* Panel(int row) => (double*)_values.Pointer + (nint)row * Columns;

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
}
