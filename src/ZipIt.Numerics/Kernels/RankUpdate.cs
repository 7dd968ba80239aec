using System.Numerics;
using System.Runtime.CompilerServices;

namespace ZipIt.Numerics;

/// <summary>
/// Adds products of data matrices to matrices of doubles: XᵀX for covariances.
/// </summary>
/// <remarks>
/// Products are summed in single precision over at most <see cref="ChunkRows"/> rows and then added to the result in double precision, so that the
/// error does not grow with the number of rows. Each element is summed in one order: results do not depend on the number of threads.
/// Besides the result, a call needs 4·ChunkRows·columns floats, which the calling thread keeps for its next call.
/// </remarks>
internal static unsafe class RankUpdate
{
    /// <summary>Columns that are treated together; every kernel's tile divides it.</summary>
    public const int PanelWidth = 32;

    /// <summary>Rows that are summed in single precision.</summary>
    public const int ChunkRows = 192;

    /// <summary>Chunks that are packed together: a tile of the result is then added to that many times in a row, while it is in the cache.</summary>
    private const int ChunksPerPass = 4;

    /// <summary>Rows that are packed together; a call with a multiple of them wastes nothing.</summary>
    public const int PassRows = ChunksPerPass * ChunkRows;

    [ThreadStatic]
    private static AlignedBuffer? _panels;

    /// <summary>gram += XᵀX on and above the diagonal, and sums += column sums of X.</summary>
    /// <param name="x">X [rows, columns].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="gram">Result [columns, columns]; what is below the diagonal is left as it is.</param>
    /// <param name="sums">Column sums [columns], or empty if they are not wanted.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="kernels">Kernels to use; null for the best.</param>
    public static void AddSymmetric(
        ReadOnlySpan<float> x, int rows, int columns, Span<double> gram, Span<double> sums, int threads = 0, KernelSet? kernels = null) =>
        AddSymmetric(x, rows, columns, [], gram, sums, threads, kernels);

    /// <summary>
    /// The same for values from which a shift is subtracted first; values that are not finite count as 0 before.
    /// </summary>
    /// <param name="x">Values [rows, columns].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="shift">What is subtracted from each row [columns].</param>
    /// <param name="gram">Result [columns, columns]; what is below the diagonal is left as it is.</param>
    /// <param name="sums">Column sums of the differences [columns], or empty if they are not wanted.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="kernels">Kernels to use; null for the best.</param>
    public static void AddSymmetric(
        ReadOnlySpan<float> x,
        int rows,
        int columns,
        ReadOnlySpan<float> shift,
        Span<double> gram,
        Span<double> sums,
        int threads = 0,
        KernelSet? kernels = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (x.Length < (long)rows * columns)
            throw new ArgumentException($"Expected {rows} rows of {columns} values, found {x.Length} values.", nameof(x));
        if (!shift.IsEmpty)
            ArgumentOutOfRangeException.ThrowIfNotEqual(shift.Length, columns, nameof(shift));
        ArgumentOutOfRangeException.ThrowIfNotEqual(gram.Length, checked(columns * columns), nameof(gram));
        if (!sums.IsEmpty)
            ArgumentOutOfRangeException.ThrowIfNotEqual(sums.Length, columns, nameof(sums));
        fixed (float* px = x, pt = shift)
        fixed (double* pg = gram, ps = sums)
            Run(new Operand(px, columns, pt), rows, pg, ps, threads, kernels);
    }

    private static void Run(Operand x, int rows, double* result, double* sums, int threads, KernelSet? kernels)
    {
        int panels = x.PanelCount;
        int panelRows = Math.Min((rows + ChunkRows - 1) / ChunkRows * ChunkRows, PassRows);
        int size = checked(panels * PanelWidth * panelRows);
        if (_panels is null || _panels.Length < size)
            _panels = AlignedBuffer.Uninitialized(size);
        AlignedBuffer buffer = _panels;
        var team = new WorkerTeam(threads);
        var work = new Work(x, buffer.Pointer, panelRows, result, sums, kernels ?? KernelSet.Best);
        using (team.Gather())
        {
            for (int row = 0; row < rows; row += PassRows)
            {
                work.StartPass(row, Math.Min(PassRows, rows - row));
                team.Run(work, panels);
                work.Phase = Phase.Multiply;
                team.Run(work, work.CountPairs());
            }
        }

        GC.KeepAlive(buffer);
    }

    /// <summary>A matrix whose columns are multiplied.</summary>
    private readonly struct Operand(float* values, int columns, float* shift)
    {
        public readonly float* Values = values;
        public readonly int Columns = columns;
        public readonly float* Shift = shift;

        public int PanelCount => (Columns + PanelWidth - 1) / PanelWidth;
    }

    /// <summary>What the threads are doing.</summary>
    private enum Phase
    {
        /// <summary>Copying the columns of some rows into panels [panel, row, panel width].</summary>
        Pack,

        /// <summary>Multiplying pairs of panels, those on and above the diagonal.</summary>
        Multiply,
    }

    /// <summary>A product on its way: what a block is depends on the phase.</summary>
    private sealed class Work(Operand x, float* panels, int panelRows, double* result, double* sums, KernelSet kernels) : IParallelWork
    {
        private int _firstRow;
        private int _rows;

        public Phase Phase { get; set; }

        public void StartPass(int firstRow, int rows) => (Phase, _firstRow, _rows) = (Phase.Pack, firstRow, rows);

        public int CountPairs() => x.PanelCount * (x.PanelCount + 1) / 2;

        [SkipLocalsInit]
        public void Run(int block, int worker)
        {
            switch (Phase)
            {
                case Phase.Pack:
                    Pack(block, Panel(block));
                    break;
                case Phase.Multiply:
                    (int i, int j) = FindPair(block);
                    float* product = stackalloc float[PanelWidth * PanelWidth];
                    float* left = Panel(i);
                    float* right = Panel(j);
                    for (int row = 0; row < _rows; row += ChunkRows)
                    {
                        kernels.MultiplyColumns(left + row * PanelWidth, Math.Min(PanelWidth, x.Columns - i * PanelWidth), right + row * PanelWidth,
                            Math.Min(ChunkRows, _rows - row), product);
                        AddTo(product, i * PanelWidth, j * PanelWidth);
                    }

                    break;
            }
        }

        private float* Panel(int panel) => panels + (nint)panel * PanelWidth * panelRows;

        /// <summary>Copies a panel's columns, fills up with zeros, and adds to the column sums.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Pack(int panel, float* target)
        {
            int first = panel * PanelWidth;
            int used = Math.Min(PanelWidth, x.Columns - first);
            float* chunkSums = stackalloc float[PanelWidth];
            new Span<float>(chunkSums, PanelWidth).Clear();
            float* from = x.Values + (nint)_firstRow * x.Columns + first;
            for (int row = 0; row < _rows; row++, from += x.Columns, target += PanelWidth)
            {
                if (row % ChunkRows == 0 && row > 0 && sums is not null)
                    AddSums();
                if (x.Shift is null)
                    new ReadOnlySpan<float>(from, used).CopyTo(new Span<float>(target, used));
                else
                    Subtract(from, x.Shift + first, used, target);
                new Span<float>(target + used, PanelWidth - used).Clear();
                for (int c = 0; c < PanelWidth; c += Vector<float>.Count)
                    Vector.Store(Vector.Load(chunkSums + c) + Vector.Load(target + c), chunkSums + c);
            }

            if (sums is not null)
                AddSums();

            void AddSums()
            {
                for (int c = 0; c < used; c++)
                {
                    sums[first + c] += chunkSums[c];
                    chunkSums[c] = 0;
                }
            }
        }

        /// <summary>Differences from the shift; a value that is not finite, which is no zero when subtracted from itself, counts as 0.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Subtract(float* values, float* shift, int count, float* target)
        {
            int c = 0;
            for (; c + Vector<float>.Count <= count; c += Vector<float>.Count)
            {
                Vector<float> value = Vector.Load(values + c);
                Vector<float> finite = Vector.ConditionalSelect(Vector.Equals(value - value, Vector<float>.Zero), value, Vector<float>.Zero);
                Vector.Store(finite - Vector.Load(shift + c), target + c);
            }

            for (; c < count; c++)
                target[c] = (float.IsFinite(values[c]) ? values[c] : 0) - shift[c];
        }

        /// <summary>The pairs by number: (0,0), (0,1), (1,1), (0,2), (1,2), (2,2) ….</summary>
        private (int I, int J) FindPair(int number)
        {
            int j = 0;
            while ((j + 1) * (j + 2) / 2 <= number)
                j++;
            return (number - j * (j + 1) / 2, j);
        }

        /// <summary>Adds a product of two panels to the result, in the upper triangle.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void AddTo(float* product, int firstRow, int firstColumn)
        {
            int columns = x.Columns;
            int rowCount = Math.Min(PanelWidth, x.Columns - firstRow);
            int columnCount = Math.Min(PanelWidth, columns - firstColumn);
            for (int r = 0; r < rowCount; r++, product += PanelWidth)
            {
                double* target = result + (nint)(firstRow + r) * columns + firstColumn;
                int c = firstRow == firstColumn ? r : 0;
                for (; c + Vector<float>.Count <= columnCount; c += Vector<float>.Count)
                {
                    Vector.Widen(Vector.Load(product + c), out Vector<double> low, out Vector<double> high);
                    Vector.Store(Vector.Load(target + c) + low, target + c);
                    Vector.Store(Vector.Load(target + c + Vector<double>.Count) + high, target + c + Vector<double>.Count);
                }

                for (; c < columnCount; c++)
                    target[c] += product[c];
            }
        }
    }
}
