using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ZipIt.Numerics;

/// <summary>
/// Cholesky factor A + ρI = L·Lᵀ of a symmetric positive definite matrix, and the solution of many linear systems with it
/// (Golub and Van Loan, <i>Matrix Computations</i>, 4th edition, algorithm 4.2.1 by blocks of columns).
/// </summary>
/// <remarks>
/// The result does not depend on the number of threads: every value is computed by one thread, in one order. Factoring takes n³/6 multiply-adds, solving
/// n² for each right-hand side.
/// </remarks>
public sealed class Cholesky
{
    private const int Block = 64; // columns that are finished together; a multiple of every kernel's width
    private const int Depth = 64; // inner extent of one pass: Depth × Block packed values, 32 KiB, stay in the first-level cache
    private const int Strip = 64; // rows that one thread takes at a time

    [ThreadStatic]
    private static double[]? _strip;

    private readonly int _stride; // row length of _lower, a multiple of Block
    private readonly AlignedBuffer _lower; // [Size, _stride], L below and on the diagonal

    private Cholesky(int size, AlignedBuffer memory) => (Size, _stride, _lower) = (size, Padded(size), memory);

    /// <summary>Number of rows and columns.</summary>
    public int Size { get; }

    /// <summary>
    /// Factors a matrix, or reports that it is not positive definite to working precision: a pivot that is not above n·2⁻⁵² of its diagonal entry.
    /// The caller then takes a larger <paramref name="ridge"/>.
    /// </summary>
    /// <param name="symmetric">The matrix A; only the lower triangle is read, and nothing is written.</param>
    /// <param name="ridge">ρ, added to every diagonal entry. Default 0.</param>
    /// <param name="threads">Number of threads to use; 0 for one per processor. Default 0.</param>
    /// <returns>The factor, or null where there is none.</returns>
    /// <exception cref="ArgumentException">The matrix is not square.</exception>
    public static Cholesky? TryFactor(Matrix symmetric, double ridge = 0, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(symmetric);
        if (symmetric.Rows != symmetric.Columns)
            throw new ArgumentException($"Expected a square matrix, found {symmetric.Rows}×{symmetric.Columns}.", nameof(symmetric));
        return TryFactor(
            symmetric.Rows,
            (row, values) =>
            {
                symmetric.Row(row)[..(row + 1)].CopyTo(values);
                values[row] += ridge;
            },
            threads,
            AlignedBuffer.Uninitialized(checked(2 * CountValues(symmetric.Rows))));
    }

    /// <summary>Factors a matrix whose rows are written by the caller, each up to its diagonal.</summary>
    /// <param name="size">Number of rows.</param>
    /// <param name="write">Writes a row.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="memory">Memory for <see cref="CountValues"/> doubles, for as long as the factor is needed.</param>
    internal static Cholesky? TryFactor(int size, RowWriter write, int threads, AlignedBuffer memory)
    {
        var factor = new Cholesky(size, memory);
        for (int i = 0; i < size; i++)
        {
            write(i, factor.Row(i)[..(i + 1)]);
            factor.Row(i)[(i + 1)..].Clear();
        }

        var team = new WorkerTeam(threads);
        using (team.Gather())
            return factor.Factor(team) ? factor : null;
    }

    /// <summary>Number of doubles that a factor takes.</summary>
    internal static int CountValues(int size) => checked(size * Padded(size));

    /// <summary>Writes a row of the matrix up to its diagonal.</summary>
    internal delegate void RowWriter(int row, Span<double> values);

    /// <summary>Solves x·(A + ρI) = b for every row b and writes x in its place; A being symmetric, this is (A + ρI)·xᵀ = bᵀ.</summary>
    /// <param name="rightHandSides">One right-hand side in each row [any number, <see cref="Size"/>]; replaced by the solutions.</param>
    /// <param name="threads">Number of threads to use; 0 for one per processor. Default 0.</param>
    /// <exception cref="ArgumentException">The rows have another length than the matrix.</exception>
    public void SolveRows(Matrix rightHandSides, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(rightHandSides);
        if (rightHandSides.Columns != Size)
            throw new ArgumentException($"Expected rows of {Size} values, found {rightHandSides.Columns}.", nameof(rightHandSides));
        int rows = rightHandSides.Rows;
        var solution = new double[checked(rows * _stride)];
        for (int i = 0; i < rows; i++)
            rightHandSides.Row(i).CopyTo(solution.AsSpan(i * _stride));

        var team = new WorkerTeam(threads);
        using (team.Gather())
            Solve(solution, rows, team);
        for (int i = 0; i < rows; i++)
            solution.AsSpan(i * _stride, Size).CopyTo(rightHandSides.Row(i));
    }

    /// <summary>Forward substitution with L, then backward with Lᵀ, one block of columns after the other.</summary>
    private void Solve(double[] solution, int rows, WorkerTeam team)
    {
        var packed = new double[_stride * Block];
        var inverse = new double[Block * Block];
        for (int column = 0; column < Size; column += Block)
        {
            PackTransposed(column, packed);
            InvertDiagonal(column, inverse, isTransposed: true);
            int done = column;
            ForStrips(0, rows, team, (start, count) =>
            {
                Subtract(solution, _stride, start, count, 0, done, packed, done);
                SolveDiagonal(solution, start, count, done, inverse);
            });
        }

        for (int column = (Size - 1) / Block * Block; column >= 0; column -= Block)
        {
            int from = Math.Min(column + Block, Size);
            for (int k = from; k < Size; k++)
                Row(k).Slice(column, Block).CopyTo(packed.AsSpan((k - from) * Block));
            InvertDiagonal(column, inverse, isTransposed: false);
            int current = column;
            ForStrips(0, rows, team, (start, count) =>
            {
                Subtract(solution, _stride, start, count, from, Size - from, packed, current);
                SolveDiagonal(solution, start, count, current, inverse);
            });
        }
    }

    private static int Padded(int size) => (size + Block - 1) / Block * Block;

    private Span<double> Row(int row) => _lower.Doubles.Slice(row * _stride, _stride);

    /// <summary>
    /// Finishes one block of columns after the other: subtracts what the columns to the left contribute, factors the block on the diagonal, and solves the
    /// rows below it.
    /// </summary>
    private bool Factor(WorkerTeam team)
    {
        var packed = new double[_stride * Block];
        var inverse = new double[Block * Block];
        for (int column = 0; column < Size; column += Block)
        {
            int done = column;
            int below = Math.Min(column + Block, Size);
            PackTransposed(column, packed);
            // Above the diagonal of its block this writes values that are never read.
            Subtract(_lower.Doubles, _stride, column, below - column, 0, done, packed, done);
            if (!FactorDiagonal(column, below))
                return false;
            InvertDiagonal(column, inverse, isTransposed: true);
            ForStrips(below, Size, team, (start, count) =>
            {
                Subtract(_lower.Doubles, _stride, start, count, 0, done, packed, done);
                SolveDiagonal(_lower.Doubles, start, count, done, inverse);
            });
        }

        return true;
    }

    private bool FactorDiagonal(int start, int end)
    {
        for (int i = start; i < end; i++)
        {
            Span<double> row = Row(i)[start..];
            for (int j = start; j < i; j++)
            {
                ReadOnlySpan<double> other = Row(j)[start..];
                row[j - start] = (row[j - start] - TensorPrimitives.Dot<double>(row[..(j - start)], other[..(j - start)])) / other[j - start];
            }

            double left = TensorPrimitives.SumOfSquares<double>(Row(i)[..start]);
            double within = TensorPrimitives.SumOfSquares<double>(row[..(i - start)]);
            double pivot = row[i - start] - within;
            double original = row[i - start] + left;
            if (!(pivot > Size * Math.ScaleB(1, -52) * original) || !double.IsFinite(pivot))
                return false;
            row[i - start] = Math.Sqrt(pivot);
        }

        return true;
    }

    /// <summary>packed[k, c] = L[column + c, k] for all finished columns k; zero for rows beyond the matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PackTransposed(int column, double[] packed)
    {
        // Square parts, so that what is written stays in the first-level cache.
        for (int first = 0; first < column; first += Block)
        {
            for (int c = 0; c < Block; c++)
            {
                bool isInside = column + c < Size;
                ReadOnlySpan<double> row = isInside ? Row(column + c).Slice(first, Block) : default;
                for (int k = 0; k < Block; k++)
                    packed[(first + k) * Block + c] = isInside ? row[k] : 0;
            }
        }
    }

    /// <summary>
    /// Inverts the block T on the diagonal, so that many rows can be solved by multiplication: negated, since
    /// <see cref="Subtract(Span{double}, int, int, int, int, int, double[], int)"/> subtracts.
    /// The identity beyond the matrix.
    /// </summary>
    /// <param name="column">First column of the block.</param>
    /// <param name="inverse">Receives −T⁻¹, or −T⁻ᵀ.</param>
    /// <param name="isTransposed">Which of them.</param>
    private void InvertDiagonal(int column, double[] inverse, bool isTransposed)
    {
        Array.Clear(inverse);
        for (int i = 0; i < Block; i++)
        {
            Span<double> row = inverse.AsSpan(i * Block, i + 1);
            if (column + i >= Size)
            {
                row[i] = -1;
                continue;
            }

            ReadOnlySpan<double> lower = Row(column + i).Slice(column, i + 1);
            for (int k = 0; k < i; k++)
                TensorPrimitives.MultiplyAdd(inverse.AsSpan(k * Block, k + 1), lower[k], row[..(k + 1)], row[..(k + 1)]);
            row[i] = 1;
            TensorPrimitives.Multiply(row, -1 / lower[i], row);
        }

        for (int i = 0; i < Block && isTransposed; i++)
        {
            for (int j = 0; j < i; j++)
                (inverse[i * Block + j], inverse[j * Block + i]) = (0, inverse[i * Block + j]);
        }
    }

    private static void ForStrips(int from, int to, WorkerTeam team, Action<int, int> work) =>
        team.Run((s, _) => work(from + s * Strip, Math.Min(Strip, to - from - s * Strip)), (to - from + Strip - 1) / Strip);

    /// <summary>rows[i, column..column + Block) = −rows[i, column..column + Block) · inverse for a strip of rows.</summary>
    private void SolveDiagonal(Span<double> rows, int start, int count, int column, double[] inverse)
    {
        // Each row's values, and behind them zeros to subtract their products from.
        double[] strip = _strip ??= new double[Strip * 2 * Block];
        for (int i = 0; i < count; i++)
        {
            rows.Slice((start + i) * _stride + column, Block).CopyTo(strip.AsSpan(i * 2 * Block));
            strip.AsSpan((i * 2 + 1) * Block, Block).Clear();
        }

        Subtract(strip, 2 * Block, 0, count, 0, Block, inverse, Block);
        for (int i = 0; i < count; i++)
            strip.AsSpan((i * 2 + 1) * Block, Block).CopyTo(rows[((start + i) * _stride + column)..]);
    }

    /// <summary>rows[i, column..column + Block) −= rows[i, from..from + depth) · packed[depth, Block] for a strip of rows.</summary>
    private static void Subtract(Span<double> rows, int stride, int start, int count, int from, int depth, double[] packed, int column)
    {
        if (depth == 0)
            return;
        ref double values = ref MemoryMarshal.GetReference(rows);
        ref double block = ref MemoryMarshal.GetArrayDataReference(packed);
        for (int k = 0; k < depth; k += Depth)
        {
            int part = Math.Min(Depth, depth - k);
            for (int i = 0; i < count; i += 4)
            {
                // A strip's last rows, if fewer than four, are repeated: the same row in several places gets the same values.
                nuint row0 = (nuint)(start + i) * (nuint)stride;
                nuint row1 = (nuint)(start + Math.Min(i + 1, count - 1)) * (nuint)stride;
                nuint row2 = (nuint)(start + Math.Min(i + 2, count - 1)) * (nuint)stride;
                nuint row3 = (nuint)(start + Math.Min(i + 3, count - 1)) * (nuint)stride;
                nuint source = (nuint)(from + k);
                ref double packedPart = ref Unsafe.Add(ref block, k * Block);
                if (Vector512.IsHardwareAccelerated)
                {
                    for (int c = 0; c < Block; c += 32)
                        SubtractProduct512(ref values, row0, row1, row2, row3, source, (nuint)(column + c), ref Unsafe.Add(ref packedPart, c), part);
                }
                else
                {
                    for (int c = 0; c < Block; c += 8)
                        SubtractProduct256(ref values, row0, row1, row2, row3, source, (nuint)(column + c), ref Unsafe.Add(ref packedPart, c), part);
                }
            }
        }
    }

    /// <summary>Four rows × 32 columns: sixteen accumulators, each of eight neighbouring columns of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractProduct512(
        ref double values, nuint row0, nuint row1, nuint row2, nuint row3, nuint source, nuint target, ref double packed, int depth)
    {
        Vector512<double> a0 = default, a1 = default, a2 = default, a3 = default;
        Vector512<double> b0 = default, b1 = default, b2 = default, b3 = default;
        Vector512<double> c0 = default, c1 = default, c2 = default, c3 = default;
        Vector512<double> d0 = default, d1 = default, d2 = default, d3 = default;
        for (int k = 0; k < depth; k++, packed = ref Unsafe.Add(ref packed, Block))
        {
            var p0 = Vector512.LoadUnsafe(ref packed);
            var p1 = Vector512.LoadUnsafe(ref packed, 8);
            var p2 = Vector512.LoadUnsafe(ref packed, 16);
            var p3 = Vector512.LoadUnsafe(ref packed, 24);
            nuint at = source + (nuint)k;
            var x = Vector512.Create(Unsafe.Add(ref values, row0 + at));
            a0 = Vector512.FusedMultiplyAdd(x, p0, a0);
            a1 = Vector512.FusedMultiplyAdd(x, p1, a1);
            a2 = Vector512.FusedMultiplyAdd(x, p2, a2);
            a3 = Vector512.FusedMultiplyAdd(x, p3, a3);
            x = Vector512.Create(Unsafe.Add(ref values, row1 + at));
            b0 = Vector512.FusedMultiplyAdd(x, p0, b0);
            b1 = Vector512.FusedMultiplyAdd(x, p1, b1);
            b2 = Vector512.FusedMultiplyAdd(x, p2, b2);
            b3 = Vector512.FusedMultiplyAdd(x, p3, b3);
            x = Vector512.Create(Unsafe.Add(ref values, row2 + at));
            c0 = Vector512.FusedMultiplyAdd(x, p0, c0);
            c1 = Vector512.FusedMultiplyAdd(x, p1, c1);
            c2 = Vector512.FusedMultiplyAdd(x, p2, c2);
            c3 = Vector512.FusedMultiplyAdd(x, p3, c3);
            x = Vector512.Create(Unsafe.Add(ref values, row3 + at));
            d0 = Vector512.FusedMultiplyAdd(x, p0, d0);
            d1 = Vector512.FusedMultiplyAdd(x, p1, d1);
            d2 = Vector512.FusedMultiplyAdd(x, p2, d2);
            d3 = Vector512.FusedMultiplyAdd(x, p3, d3);
        }

        // All four rows are loaded before any is stored, so that a repeated row is subtracted from once.
        Subtract4(ref values, row0 + target, row1 + target, row2 + target, row3 + target, a0, b0, c0, d0);
        Subtract4(ref values, row0 + target + 8, row1 + target + 8, row2 + target + 8, row3 + target + 8, a1, b1, c1, d1);
        Subtract4(ref values, row0 + target + 16, row1 + target + 16, row2 + target + 16, row3 + target + 16, a2, b2, c2, d2);
        Subtract4(ref values, row0 + target + 24, row1 + target + 24, row2 + target + 24, row3 + target + 24, a3, b3, c3, d3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Subtract4(
        ref double values, nuint at0, nuint at1, nuint at2, nuint at3, Vector512<double> a, Vector512<double> b, Vector512<double> c, Vector512<double> d)
    {
        a = Vector512.LoadUnsafe(ref values, at0) - a;
        b = Vector512.LoadUnsafe(ref values, at1) - b;
        c = Vector512.LoadUnsafe(ref values, at2) - c;
        d = Vector512.LoadUnsafe(ref values, at3) - d;
        a.StoreUnsafe(ref values, at0);
        b.StoreUnsafe(ref values, at1);
        c.StoreUnsafe(ref values, at2);
        d.StoreUnsafe(ref values, at3);
    }

    /// <summary>Four rows × 8 columns: eight accumulators, each of four neighbouring columns of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractProduct256(
        ref double values, nuint row0, nuint row1, nuint row2, nuint row3, nuint source, nuint target, ref double packed, int depth)
    {
        Vector256<double> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (int k = 0; k < depth; k++, packed = ref Unsafe.Add(ref packed, Block))
        {
            var p0 = Vector256.LoadUnsafe(ref packed);
            var p1 = Vector256.LoadUnsafe(ref packed, 4);
            nuint at = source + (nuint)k;
            var x = Vector256.Create(Unsafe.Add(ref values, row0 + at));
            a0 = Vector256.FusedMultiplyAdd(x, p0, a0);
            a1 = Vector256.FusedMultiplyAdd(x, p1, a1);
            x = Vector256.Create(Unsafe.Add(ref values, row1 + at));
            b0 = Vector256.FusedMultiplyAdd(x, p0, b0);
            b1 = Vector256.FusedMultiplyAdd(x, p1, b1);
            x = Vector256.Create(Unsafe.Add(ref values, row2 + at));
            c0 = Vector256.FusedMultiplyAdd(x, p0, c0);
            c1 = Vector256.FusedMultiplyAdd(x, p1, c1);
            x = Vector256.Create(Unsafe.Add(ref values, row3 + at));
            d0 = Vector256.FusedMultiplyAdd(x, p0, d0);
            d1 = Vector256.FusedMultiplyAdd(x, p1, d1);
        }

        Subtract4(ref values, row0 + target, row1 + target, row2 + target, row3 + target, a0, b0, c0, d0);
        Subtract4(ref values, row0 + target + 4, row1 + target + 4, row2 + target + 4, row3 + target + 4, a1, b1, c1, d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Subtract4(
        ref double values, nuint at0, nuint at1, nuint at2, nuint at3, Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double> d)
    {
        a = Vector256.LoadUnsafe(ref values, at0) - a;
        b = Vector256.LoadUnsafe(ref values, at1) - b;
        c = Vector256.LoadUnsafe(ref values, at2) - c;
        d = Vector256.LoadUnsafe(ref values, at3) - d;
        a.StoreUnsafe(ref values, at0);
        b.StoreUnsafe(ref values, at1);
        c.StoreUnsafe(ref values, at2);
        d.StoreUnsafe(ref values, at3);
    }
}
