using System.Numerics.Tensors;

namespace ZipIt.Numerics;

/// <summary>Weights of a convolution of 3×3 pixels with stride 1 in Winograd's F(4×4, 3×3): what <see cref="WinogradTiles"/> are multiplied with.</summary>
internal sealed unsafe class WinogradFilters
{
    /// <summary>Taps of a filter: 3×3.</summary>
    public const int Taps = 9;

    /// <summary>G of F(4, 3): what each tap of a filter contributes to a position [positions, taps], in one direction.</summary>
    public static readonly double[][] Transform =
    [
        [1.0 / 4, 0, 0],
        [-1.0 / 6, -1.0 / 6, -1.0 / 6],
        [-1.0 / 6, 1.0 / 6, -1.0 / 6],
        [1.0 / 24, 1.0 / 12, 1.0 / 6],
        [1.0 / 24, -1.0 / 12, 1.0 / 6],
        [0, 0, 1],
    ];

    private const int BlockTiles = 48;

    [ThreadStatic]
    private static AlignedBuffer? _products;

    private readonly PanelWeights[] _weights; // by position
    private readonly AlignedBuffer _bias;
    private readonly int _outputs;
    private readonly KernelSet _kernels;

    /// <summary>Transforms weights: G·g·Gᵀ.</summary>
    /// <param name="weights">Weights [outputs, columns].</param>
    /// <param name="firstColumn">The filters' first column; they are [taps, channels].</param>
    /// <param name="channels">Number of input channels.</param>
    /// <param name="biasColumn">The column that is added to the outputs; −1 for none.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="kernels">Kernels to use; null for the best.</param>
    public WinogradFilters(Matrix weights, int firstColumn, int channels, int biasColumn, int threads = 0, KernelSet? kernels = null)
    {
        if (weights.Rows % PanelMatrix.Width != 0)
            throw new ArgumentException($"Expected a multiple of {PanelMatrix.Width} outputs, found {weights.Rows}.", nameof(weights));
        (_outputs, _kernels) = (weights.Rows, kernels ?? KernelSet.Best);
        _bias = AlignedBuffer.Zeros(_outputs);
        for (int o = 0; biasColumn >= 0 && o < _outputs; o++)
            _bias.Span[o] = (float)weights[o, biasColumn];
        _weights = new PanelWeights[WinogradTiles.Positions];
        WorkerTeam.For(threads, WinogradTiles.Positions, (position, _) =>
        {
            (int i, int j) = Math.DivRem(position, 6);
            var transformed = new double[_outputs * channels];
            for (int o = 0; o < _outputs; o++)
            {
                Span<double> target = transformed.AsSpan(o * channels, channels);
                for (int tap = 0; tap < Taps; tap++)
                {
                    double factor = Transform[i][tap / 3] * Transform[j][tap % 3];
                    if (factor != 0)
                    {
                        TensorPrimitives.MultiplyAdd(
                            weights.Row(o).Slice(firstColumn + tap * channels, channels), factor, target, target);
                    }
                }
            }

            _weights[position] = new PanelWeights(transformed, _outputs, channels, kernels);
        });
    }

    /// <summary>result = convolution of the windows.</summary>
    /// <param name="tiles">The windows.</param>
    /// <param name="result">Receives [windows, height, width, outputs].</param>
    /// <param name="adds">Whether it is added to what stands there.</param>
    /// <param name="threads">Number of threads; 0 for one per processor. The result does not depend on it.</param>
    public void Multiply(WinogradTiles tiles, Span<float> result, bool adds = false, int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(result.Length, checked(tiles.Count * tiles.Height * tiles.Width * _outputs), nameof(result));
        fixed (float* pointer = result)
            WorkerTeam.For(threads, (tiles.TileCount + BlockTiles - 1) / BlockTiles, new Work(this, tiles, pointer, adds));

        GC.KeepAlive(tiles.Values.Memory);
        GC.KeepAlive(this);
    }

    /// <summary>product += gradients of weights: Gᵀ·(Σ V⊙D)·G, V transformed inputs, D transformed values at the outputs.</summary>
    /// <param name="inputs">V.</param>
    /// <param name="outputs">D, of the same windows.</param>
    /// <param name="product">Result [taps · panels of input channels, panels of output channels, panel width, panel width].</param>
    /// <param name="threads">Number of threads; 0 for one per processor. The result does not depend on it.</param>
    /// <param name="kernels">Kernels to use; null for the best.</param>
    public static void AddGradients(WinogradTiles inputs, WinogradTiles outputs, Span<double> product, int threads = 0, KernelSet? kernels = null)
    {
        int inputPanels = inputs.Values.PanelCount, outputPanels = outputs.Values.PanelCount;
        ArgumentOutOfRangeException.ThrowIfNotEqual(outputs.Values.Rows, inputs.Values.Rows, nameof(outputs));
        ArgumentOutOfRangeException.ThrowIfNotEqual(
            product.Length, checked(Taps * inputPanels * outputPanels * PanelMatrix.Width * PanelMatrix.Width), nameof(product));
        fixed (double* pointer = product)
        {
            var work = new GradientWork(inputs, outputs, pointer, kernels ?? KernelSet.Best);
            WorkerTeam.For(threads, work.BlockCount, work);
        }

        GC.KeepAlive(inputs.Values.Memory);
        GC.KeepAlive(outputs.Values.Memory);
    }

    /// <summary>A convolution; blocks are tiles of any windows.</summary>
    private sealed class Work(WinogradFilters filters, WinogradTiles tiles, float* result, bool adds) : IParallelWork
    {
        public void Run(int block, int worker)
        {
            int first = block * BlockTiles, count = Math.Min(BlockTiles, tiles.TileCount - first), outputs = filters._outputs;
            int size = WinogradTiles.Positions * BlockTiles * outputs;
            if (_products is null || _products.Length < size)
                _products = AlignedBuffer.Uninitialized(size);
            float* products = _products.Pointer;
            nint positionStride = (nint)count * outputs;
            for (int position = 0; position < WinogradTiles.Positions; position++)
                filters._weights[position].MultiplyRows(tiles.Values, position * tiles.TileCount + first, count, products + position * positionStride);
            for (int i = 0; i < count; i++)
            {
                (int window, int tile) = Math.DivRem(first + i, tiles.TilesPerWindow);
                (int y, int x) = tiles.PlaceOf(tile);
                float* target = result + (((nint)window * tiles.Height + y) * tiles.Width + x) * outputs;
                filters._kernels.TransformOutput(
                    WinogradTiles.Extent, products + (nint)i * outputs, positionStride, outputs, filters._bias.Pointer, adds ? target : null, false, target,
                    (nint)tiles.Width * outputs, outputs, tiles.InsideOf(tile));
            }
        }
    }

    /// <summary>Gradients; a block is some panels of both matrices, whose rows are read once for all.</summary>
    private sealed class GradientWork(WinogradTiles inputs, WinogradTiles outputs, double* product, KernelSet kernels) : IParallelWork
    {
        private const int TileSize = PanelMatrix.Width * PanelMatrix.Width;
        private const int BlockInputs = 2;
        private const int BlockOutputs = 4;

        [ThreadStatic]
        private static AlignedBuffer? _memory;

        private readonly int _blockColumns = (outputs.Values.PanelCount + BlockOutputs - 1) / BlockOutputs;

        public int BlockCount => (inputs.Values.PanelCount + BlockInputs - 1) / BlockInputs * _blockColumns;

        public void Run(int block, int worker)
        {
            (int i, int j) = Math.DivRem(block, _blockColumns);
            int firstInput = i * BlockInputs, height = Math.Min(BlockInputs, inputs.Values.PanelCount - firstInput);
            int firstOutput = j * BlockOutputs, width = Math.Min(BlockOutputs, outputs.Values.PanelCount - firstOutput);
            _memory ??= AlignedBuffer.Uninitialized(TileSize * (2 * BlockInputs * BlockOutputs + 1));
            double* totals = (double*)_memory.Pointer;
            float* part = (float*)(totals + BlockInputs * BlockOutputs * TileSize);
            int rows = inputs.TileCount, chunks = (rows + RankUpdate.ChunkRows - 1) / RankUpdate.ChunkRows;
            for (int position = 0; position < WinogradTiles.Positions; position++)
            {
                new Span<double>(totals, BlockInputs * BlockOutputs * TileSize).Clear();
                for (int chunk = 0; chunk < chunks; chunk++)
                {
                    int from = (int)((long)rows * chunk / chunks), count = (int)((long)rows * (chunk + 1) / chunks) - from;
                    nint row = ((nint)position * rows + from) * PanelMatrix.Width;
                    for (int r = 0; r < height; r++)
                    {
                        for (int c = 0; c < width; c++)
                        {
                            kernels.MultiplyColumns(
                                inputs.Values.Panel(firstInput + r) + row, PanelMatrix.Width, outputs.Values.Panel(firstOutput + c) + row, count, part);
                            PanelProducts.Add(part, TileSize, totals + (r * BlockOutputs + c) * TileSize);
                        }
                    }
                }

                for (int tap = 0; tap < Taps; tap++)
                {
                    double factor = Transform[position / 6][tap / 3] * Transform[position % 6][tap % 3];
                    for (int r = 0; factor != 0 && r < height; r++)
                    {
                        for (int c = 0; c < width; c++)
                        {
                            nint tile = ((nint)tap * inputs.Values.PanelCount + firstInput + r) * outputs.Values.PanelCount + firstOutput + c;
                            var target = new Span<double>(product + tile * TileSize, TileSize);
                            TensorPrimitives.MultiplyAdd(
                                new ReadOnlySpan<double>(totals + (r * BlockOutputs + c) * TileSize, TileSize), factor, target, target);
                        }
                    }
                }
            }
        }
    }
}
