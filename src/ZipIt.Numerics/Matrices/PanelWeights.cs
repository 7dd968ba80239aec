namespace ZipIt.Numerics;

/// <summary>Weights that many rows of panel matrices are multiplied with: predictions X·Wᵀ.</summary>
internal sealed unsafe class PanelWeights
{
    private const int BlockPanels = 8; // panels of X that are multiplied at a time: with 256 outputs their weights take 256 KiB of the second-level cache

    /// <summary>Rows that <see cref="MultiplyRows"/> takes at most; a multiple of the kernels' tiles.</summary>
    public const int BlockRows = 96;

    private const int RowStride = BlockPanels * PanelMatrix.Width + AlignedBuffer.Alignment / sizeof(float); // an odd number of cache lines

    [ThreadStatic]
    private static AlignedBuffer? _rows;

    private readonly int _columns;
    private readonly int _outputs;
    private readonly KernelSet _kernels;
    private readonly AlignedBuffer _values;
    private readonly AlignedBuffer _zeros;

    /// <summary>Packs weights.</summary>
    /// <param name="weights">W [outputs, columns].</param>
    /// <param name="outputs">Number of rows of W.</param>
    /// <param name="columns">Number of columns of W.</param>
    /// <param name="kernels">Kernels to use; null for the best.</param>
    public PanelWeights(ReadOnlySpan<double> weights, int outputs, int columns, KernelSet? kernels = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(weights.Length, checked(outputs * columns), nameof(weights));
        (_columns, _outputs, _kernels) = (columns, outputs, kernels ?? KernelSet.Best);
        _values = AlignedBuffer.Zeros(checked(PanelMatrix.CountPanels(columns) * PanelMatrix.Width * PackedMatrix.PadColumns(outputs, _kernels.Lanes)));
        _zeros = AlignedBuffer.Zeros(PackedMatrix.PadColumns(outputs, _kernels.Lanes) + _kernels.PanelWidth);
        for (int first = 0; first < columns; first += BlockPanels * PanelMatrix.Width)
        {
            PackedMatrix block = Block(first / PanelMatrix.Width);
            for (int o = 0; o < outputs; o++)
            {
                ReadOnlySpan<double> row = weights.Slice(o * columns, columns)[first..Math.Min(columns, first + block.Depth)];
                for (int k = 0; k < row.Length; k++)
                    block.Set(k, o, (float)row[k]);
            }
        }
    }

    /// <summary>Number of rows of W.</summary>
    public int Outputs => _outputs;

    /// <summary>result = X·Wᵀ.</summary>
    /// <param name="x">X.</param>
    /// <param name="result">Receives [rows of X, outputs].</param>
    /// <param name="threads">Number of threads; 0 for one per processor. The result does not depend on it.</param>
    public void Multiply(PanelMatrix x, Span<float> result, int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Columns, _columns, nameof(x));
        ArgumentOutOfRangeException.ThrowIfNotEqual(result.Length, checked(x.Rows * _outputs), nameof(result));
        fixed (float* pointer = result)
            WorkerTeam.For(threads, (x.Rows + BlockRows - 1) / BlockRows, new Work(this, x, pointer));

        GC.KeepAlive(x.Memory);
        GC.KeepAlive(this);
    }

    /// <summary>The product for some rows, on the calling thread.</summary>
    /// <param name="x">X; the caller keeps its memory alive.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">Number of rows, at most <see cref="BlockRows"/>.</param>
    /// <param name="target">Receives [rows, outputs].</param>
    /// <param name="adds">Whether it is added to what stands there.</param>
    public void MultiplyRows(PanelMatrix x, int first, int count, float* target, bool adds = false)
    {
        AlignedBuffer rows = _rows ??= AlignedBuffer.Uninitialized(BlockRows * RowStride);
        for (int panel = 0; panel < x.PanelCount; panel += BlockPanels)
        {
            PackedMatrix values = Block(panel);
            for (int p = 0; p < values.Depth / PanelMatrix.Width; p++)
            {
                _kernels.CopyWindows(
                    x.Panel(panel + p) + (nint)first * PanelMatrix.Width, PanelMatrix.Width, rows.Pointer + p * PanelMatrix.Width, RowStride, count,
                    PanelMatrix.Width);
            }

            bool isFirst = panel == 0 && !adds;
            _kernels.Multiply(
                rows.Pointer, RowStride, count, values, 0, values.PanelCount, target, _outputs, isFirst ? _zeros.Pointer : target, isFirst ? 0 : _outputs);
        }
    }

    /// <summary>The transposed weights of some panels' columns, from a multiple of <see cref="BlockPanels"/> on.</summary>
    private PackedMatrix Block(int firstPanel)
    {
        int lanes = _kernels.Lanes, depth = Math.Min(BlockPanels, PanelMatrix.CountPanels(_columns) - firstPanel) * PanelMatrix.Width;
        return new PackedMatrix(_values.Pointer + (nint)firstPanel * PanelMatrix.Width * PackedMatrix.PadColumns(_outputs, lanes), depth, _outputs, lanes);
    }

    private sealed class Work(PanelWeights weights, PanelMatrix x, float* result) : IParallelWork
    {
        public void Run(int block, int worker)
        {
            int first = block * BlockRows;
            weights.MultiplyRows(x, first, Math.Min(BlockRows, x.Rows - first), result + (nint)first * weights._outputs);
        }
    }
}
