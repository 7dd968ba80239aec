using System.Numerics.Tensors;

namespace ZipIt.Numerics;

/// <summary>
/// Cholesky factor A + ρI = L·Lᵀ of a symmetric positive definite matrix, and the solution of many linear systems with it
/// (Golub and Van Loan, <i>Matrix Computations</i>, 4th edition, algorithm 4.2.1 by blocks of columns).
/// </summary>
/// <remarks>
/// The result does not depend on the number of threads: every value is computed by one thread, in one order. Factoring takes n³/6 multiply-adds, solving
/// n² for each right-hand side; nearly all of them are products of <see cref="RowPanels"/>.
/// </remarks>
public sealed unsafe class Cholesky
{
    private const int Block = 48; // columns that are finished together; a multiple of every kernel's tile
    private const int Panel = 4 * Block; // columns whose products are subtracted from the rest together
    private const int Strip = 48; // rows that one thread takes at a time

    private readonly int _stride; // row length of _lower
    private readonly AlignedBuffer _lower; // [Size, _stride], L below and on the diagonal

    private Cholesky(int size, AlignedBuffer memory) => (Size, _stride, _lower) = (size, Stride(size), memory);

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
            write(i, new Span<double>(factor.Row(i), i + 1));
            new Span<double>(factor.Row(i) + i + 1, factor._stride - i - 1).Clear();
        }

        var team = new WorkerTeam(threads);
        using (team.Gather())
            return factor.Factor(team) ? factor : null;
    }

    /// <summary>Number of doubles that a factor takes.</summary>
    internal static int CountValues(int size) => checked(size * Stride(size));

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
        if (rows == 0 || Size == 0)
            return;
        var team = new WorkerTeam(threads);
        fixed (double* values = rightHandSides.Values)
        using (team.Gather())
            Solve(values, rows, team);
    }

    /// <summary>Forward substitution with L, then backward with Lᵀ, one panel of columns after the other.</summary>
    private void Solve(double* values, int rows, WorkerTeam team)
    {
        var solution = new RowPanels(rows, Size);
        ForStrips(0, rows, team, (row, count) => solution.SetRows(values + (nint)row * Size, Size, row, count, 0, Size));
        var inverses = new RowPanels[Panel / Block];
        for (int i = 0; i < inverses.Length; i++)
            inverses[i] = new RowPanels(Block, Block);
        var factors = new RowPanels(Panel, Size);

        for (int column = 0; column < Size; column += Panel)
        {
            int first = column, end = Math.Min(column + Panel, Size);
            for (int block = column; block < end; block += Block)
                InvertDiagonal(block, Math.Min(Block, Size - block), inverses[(block - column) / Block], isTransposed: false);
            ForStrips(column, end, team, (row, count) => factors.SetRows(Row(row), _stride, row - first, count, 0, end));
            ForStrips(0, rows, team, (row, count) =>
            {
                var strip = new StripSolver(solution, row, count, first, end);
                strip.Subtract(factors, 0, first);
                for (int block = first; block < end; block += Block)
                    strip.Solve(factors, block, inverses[(block - first) / Block], block + Block, end);
            });
        }

        for (int column = (Size - 1) / Panel * Panel; column >= 0; column -= Panel)
        {
            int first = column, end = Math.Min(column + Panel, Size);
            for (int block = column; block < end; block += Block)
                InvertDiagonal(block, Math.Min(Block, Size - block), inverses[(block - column) / Block], isTransposed: true);
            ForStrips(first, Size, team, (row, count) =>
            {
                for (int k = row; k < row + count; k++)
                    factors.SetColumn(k, new ReadOnlySpan<double>(Row(k) + first, end - first));
            });
            ForStrips(0, rows, team, (row, count) =>
            {
                var strip = new StripSolver(solution, row, count, first, end);
                strip.Subtract(factors, end, Size - end);
                for (int block = first + (end - 1 - first) / Block * Block; block >= first; block -= Block)
                    strip.Solve(factors, block, inverses[(block - first) / Block], first, block);
            });
        }

        ForStrips(0, rows, team, (row, count) => solution.CopyRows(values + (nint)row * Size, Size, row, count, 0, Size));
        GC.KeepAlive(this);
    }

    /// <summary>An odd number of cache lines, so that a column's values do not compete for the same places of the cache.</summary>
    private static int Stride(int size) => (size + 7) / 8 * 8 | 8;

    private double* Row(int row) => (double*)_lower.Pointer + (nint)row * _stride;

    /// <summary>
    /// Finishes one block of columns after the other: factors the block on the diagonal, solves the rows below it, and subtracts their products from the rest
    /// of the panel, or behind its last block those of the whole panel from all that is left.
    /// </summary>
    private bool Factor(WorkerTeam team)
    {
        var done = new RowPanels(Size, Panel);
        var inverse = new RowPanels(Block, Block);
        for (int column = 0; column < Size; column += Panel)
        {
            int first = column, end = Math.Min(column + Panel, Size);
            for (int block = column; block < end; block += Block)
            {
                int current = block, below = Math.Min(block + Block, end);
                if (!FactorDiagonal(block, below))
                    return false;
                if (below == Size)
                    break;
                InvertDiagonal(block, below - block, inverse, isTransposed: false);
                ForStrips(below, Size, team, (row, count) =>
                {
                    done.SetRows(Row(row) + current, _stride, row, count, current - first, below - current);
                    for (int i = row; i < row + count; i++)
                        new Span<double>(Row(i) + current, below - current).Clear();
                    RowPanels.Add(
                        new(done, row, count, current - first), new(inverse, 0, below - current, 0), below - current, 1, Row(row) + current, _stride);
                    done.SetRows(Row(row) + current, _stride, row, count, current - first, below - current);
                });
                if (below < end)
                    RowPanels.AddToLower(done, done, block - column, Block, -1, Row(0), _stride, below, end, team);
            }

            if (end < Size)
                RowPanels.AddToLower(done, done, 0, Panel, -1, Row(0), _stride, end, Size, team);
        }

        GC.KeepAlive(this);
        return true;
    }

    private bool FactorDiagonal(int start, int end)
    {
        for (int i = start; i < end; i++)
        {
            var row = new Span<double>(Row(i) + start, end - start);
            for (int j = start; j < i; j++)
            {
                var other = new ReadOnlySpan<double>(Row(j) + start, end - start);
                row[j - start] = (row[j - start] - TensorPrimitives.Dot<double>(row[..(j - start)], other[..(j - start)])) / other[j - start];
            }

            double left = TensorPrimitives.SumOfSquares(new ReadOnlySpan<double>(Row(i), start));
            double within = TensorPrimitives.SumOfSquares<double>(row[..(i - start)]);
            double pivot = row[i - start] - within;
            double original = row[i - start] + left;
            if (!(pivot > Size * Math.ScaleB(1, -52) * original) || !double.IsFinite(pivot))
                return false;
            row[i - start] = Math.Sqrt(pivot);
        }

        return true;
    }

    /// <summary>Inverts the block T on the diagonal, so that many rows can be solved by multiplication.</summary>
    /// <param name="start">First column of the block.</param>
    /// <param name="size">Number of its columns.</param>
    /// <param name="inverse">Receives T⁻¹, or T⁻ᵀ.</param>
    /// <param name="isTransposed">Which of them.</param>
    private void InvertDiagonal(int start, int size, RowPanels inverse, bool isTransposed)
    {
        double* values = stackalloc double[size * size];
        new Span<double>(values, size * size).Clear();
        for (int i = 0; i < size; i++)
        {
            var row = new Span<double>(values + i * size, i + 1);
            double* lower = Row(start + i) + start;
            for (int k = 0; k < i; k++)
            {
                Span<double> part = row[..(k + 1)];
                TensorPrimitives.MultiplyAdd(new ReadOnlySpan<double>(values + k * size, k + 1), lower[k], part, part);
            }

            row[i] = -1;
            TensorPrimitives.Multiply(row, -1 / lower[i], row);
        }

        if (!isTransposed)
        {
            inverse.SetRows(values, size, 0, size, 0, size);
            return;
        }

        for (int k = 0; k < size; k++)
            inverse.SetColumn(k, new ReadOnlySpan<double>(values + k * size, size));
    }

    /// <summary>Strips of rows that start at a multiple of a vector's lanes.</summary>
    private static void ForStrips(int from, int to, WorkerTeam team, Action<int, int> work) =>
        team.Run((s, _) => work(from + s * Strip, Math.Min(Strip, to - from - s * Strip)), (to - from + Strip - 1) / Strip);

    /// <summary>Some columns of some right-hand sides on their way to the solution.</summary>
    private readonly ref struct StripSolver
    {
        [ThreadStatic]
        private static AlignedBuffer? _memory;

        private readonly RowPanels _solution;
        private readonly int _row;
        private readonly int _count;
        private readonly int _first;
        private readonly int _end;
        private readonly double* _values; // [count, Panel]

        public StripSolver(RowPanels solution, int row, int count, int first, int end)
        {
            (_solution, _row, _count, _first, _end) = (solution, row, count, first, end);
            _memory ??= AlignedBuffer.Uninitialized(2 * Strip * Panel);
            _values = (double*)_memory.Pointer;
            solution.CopyRows(_values, Panel, row, count, first, end - first);
        }

        /// <summary>Subtracts what columns that are solved contribute to all columns of the strip.</summary>
        public void Subtract(RowPanels factors, int from, int depth) =>
            RowPanels.Add(new(_solution, _row, _count, from), new(factors, 0, _end - _first, from), depth, -1, _values, Panel);

        /// <summary>Solves a block, and subtracts what it contributes to some other columns of the strip.</summary>
        public void Solve(RowPanels factors, int block, RowPanels inverse, int from, int to)
        {
            int size = Math.Min(Block, _end - block);
            double* values = _values + (block - _first);
            _solution.SetRows(values, Panel, _row, _count, block, size);
            for (int i = 0; i < _count; i++)
                new Span<double>(values + i * Panel, size).Clear();
            RowPanels.Add(new(_solution, _row, _count, block), new(inverse, 0, size, 0), size, 1, values, Panel);
            _solution.SetRows(values, Panel, _row, _count, block, size);
            if (from < to)
                RowPanels.Add(new(_solution, _row, _count, block), new(factors, from - _first, to - from, block), size, -1, _values + (from - _first), Panel);
        }
    }
}
