using ZipIt.Numerics;


namespace ZipIt.Networks;

/// <summary>
/// A convolution with a 3×3 kernel and stride 1 by Winograd's method, with what follows it fused: tiles of the input are transformed, so that the
/// convolution becomes one matrix product [tiles, inputs]·[inputs, outputs] for each position of a tile, with 16 or 36 multiplications for 4 or 16
/// outputs instead of 36 or 144.
/// </summary>
/// <remarks>
/// Tiles are 4×4 outputs where that pays, else 2×2. Both are accurate to a few units in the sixth digit on whole networks; larger tiles would not be.
/// Which is used depends on the layer's sizes alone, so that results do not depend on batch size or threads. A value that is not finite spreads over its tile.
/// </remarks>
internal sealed unsafe class WinogradStep : Step
{
    /// <summary>Number of tiles in a block, in register tiles of 12 rows: few enough that inputs and products stay in the second cache.</summary>
    private const int UsualTiles = 36;

    /// <summary>Number of tiles in a block if there are more than <see cref="ManyWeights"/>, which are read from farther away, once per block.</summary>
    private const int ManyTiles = 96;

    private const int ManyWeights = 1024 * 1024;

    /// <summary>Number of channels beyond which the transformed weights and tiles would be too large for one buffer each.</summary>
    private const int MostChannels = 4096;

    /// <summary>Largest scratch memory of a thread, in floats: if there are very many channels then a block has fewer tiles.</summary>
    private const int MostScratch = 4 * 1024 * 1024;

    private readonly ConvolutionGeometry _geometry;
    private readonly int _outputs;
    private readonly int _positions;
    private readonly int _tilesDown;
    private readonly int _tilesAcross;
    private readonly PackedMatrix[] _weights; // [position]
    private readonly AlignedBuffer _packed;
    private readonly AlignedBuffer _zeros;
    private readonly AlignedBuffer _bias;
    private readonly PostOperation _operation;
    private readonly KernelSet _kernels;
    private readonly int _tilesPerBlock;

    public WinogradStep(
        in ConvolutionGeometry geometry, int outputs, FoldedWeights weights, PlannedValue[] inputs, PlannedValue output, PostOperation operation,
        KernelSet kernels)
        : base(inputs, output)
    {
        (_geometry, _outputs, _bias, _operation, _kernels) = (geometry, outputs, weights.Bias, operation, kernels);
        int extent = outputs + 2;
        _positions = extent * extent;
        _tilesDown = (geometry.OutputHeight + outputs - 1) / outputs;
        _tilesAcross = (geometry.OutputWidth + outputs - 1) / outputs;
        _tilesPerBlock = (long)_positions * geometry.InputChannels * geometry.OutputChannels > ManyWeights ? ManyTiles : UsualTiles;
        while (_tilesPerBlock > kernels.TileRows && ScratchSize > MostScratch)
            _tilesPerBlock -= kernels.TileRows;
        _zeros = AlignedBuffer.Zeros(PackedMatrix.PadColumns(geometry.OutputChannels, kernels.Lanes));

        int depth = geometry.InputChannels;
        int columns = geometry.OutputChannels;
        int size = checked((int)PackedMatrix.SizeOf(depth, columns, kernels.Lanes));
        _packed = AlignedBuffer.Zeros(checked(size * _positions));
        _weights = new PackedMatrix[_positions];
        for (int p = 0; p < _positions; p++)
            _weights[p] = new PackedMatrix(_packed.Pointer + (nint)p * size, depth, columns, kernels.Lanes);
        WinogradWeights.Transform(weights, outputs, _weights);
    }

    /// <summary>
    /// Outputs of a tile in each direction, 4 or 2, or null if another method is better. The estimate is of the multiplications for an image plus the time
    /// to read the weights from memory, shared by a middling batch.
    /// </summary>
    public static int? ChooseTile(in ConvolutionGeometry geometry, KernelSet kernels)
    {
        bool fits = geometry.Kernel == (Size2)3 && geometry.Stride == (Size2)1 && geometry.Dilation == (Size2)1 && geometry.Groups == 1
            && geometry.InputChannels % kernels.Lanes == 0 && geometry.OutputChannels % kernels.Lanes == 0
            && geometry.InputChannels <= MostChannels && geometry.OutputChannels <= MostChannels;
        if (!fits)
            return null;

        const double MultiplicationsPerWeightRead = 1.6;
        double direct = 9 * (geometry.OutputHeight * geometry.OutputWidth + MultiplicationsPerWeightRead);
        double two = 16 * (CountTiles(geometry, 2) + MultiplicationsPerWeightRead);
        double four = 36 * (CountTiles(geometry, 4) + MultiplicationsPerWeightRead);
        if (direct <= Math.Min(two, four))
            return null;
        return four < two ? 4 : 2;
    }

    private static int CountTiles(in ConvolutionGeometry geometry, int outputs) =>
        ((geometry.OutputHeight + outputs - 1) / outputs) * ((geometry.OutputWidth + outputs - 1) / outputs);

    /// <inheritdoc/>
    public override int WeightCount => _packed.Length;

    /// <inheritdoc/>
    public override int ScratchSize =>
        checked(_positions * (PositionStride(_tilesPerBlock, _geometry.InputChannels) + PositionStride(_tilesPerBlock, _geometry.OutputChannels)));

    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads)
    {
        Split split = SplitWork(images, threads);
        return split.TileBlocks * split.PanelGroups;
    }

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        Split split = SplitWork(batch.Images, batch.Threads);
        (int tileBlock, int panelGroup) = Math.DivRem(block, split.PanelGroups);
        int panels = _weights[0].PanelCount;
        int firstPanel = (int)((long)panels * panelGroup / split.PanelGroups);
        int lastPanel = (int)((long)panels * (panelGroup + 1) / split.PanelGroups);
        int firstColumn = firstPanel * _kernels.PanelWidth;
        int columns = Math.Min(lastPanel * _kernels.PanelWidth, _geometry.OutputChannels) - firstColumn;
        int firstTile = tileBlock * split.TilesPerBlock;
        int tiles = Math.Min(split.TilesPerBlock, batch.Images * _tilesDown * _tilesAcross - firstTile);

        nint inputStride = PositionStride(tiles, _geometry.InputChannels);
        nint productStride = PositionStride(tiles, columns);
        float* inputs = scratch; // [position, tile, input channel]
        float* products = scratch + _positions * inputStride; // [position, tile, column of the group]
        TransformInputs(batch.At(Inputs[0]), firstTile, tiles, inputs, inputStride);
        for (int p = 0; p < _positions; p++)
        {
            float* left = inputs + p * inputStride;
            float* product = products + p * productStride - firstColumn;
            _kernels.Multiply(left, _geometry.InputChannels, tiles, _weights[p], firstPanel, lastPanel, product, columns, _zeros.Pointer, 0);
        }

        TransformOutputs(batch, firstTile, tiles, products, productStride, firstColumn, columns);
    }

    private void TransformInputs(float* source, int firstTile, int tiles, float* target, nint positionStride)
    {
        int channels = _geometry.InputChannels;
        nint rowStride = (nint)_geometry.InputWidth * channels;
        for (int i = 0; i < tiles; i++)
        {
            (int image, int y, int x) = Locate(firstTile + i);
            y -= _geometry.Padding.Height;
            x -= _geometry.Padding.Width;
            float* tile = source + (((nint)image * _geometry.InputHeight + y) * _geometry.InputWidth + x) * channels;
            TileWindow inside = TileWindow.Of(y, x, _outputs + 2, _geometry.InputHeight, _geometry.InputWidth);
            _kernels.TransformInput(_outputs, tile, rowStride, channels, channels, inside, target + (nint)i * channels, positionStride);
        }
    }

    private void TransformOutputs(Batch batch, int firstTile, int tiles, float* products, nint positionStride, int firstColumn, int columns)
    {
        int channels = _geometry.OutputChannels;
        nint rowStride = (nint)_geometry.OutputWidth * channels;
        bool relu = _operation.Kind == PostOperationKind.Relu;
        for (int i = 0; i < tiles; i++)
        {
            (int image, int y, int x) = Locate(firstTile + i);
            nint offset = (((nint)image * _geometry.OutputHeight + y) * _geometry.OutputWidth + x) * channels + firstColumn;
            float* tile = batch.At(Output) + offset;
            float* residual = Inputs.Length > 1 ? batch.At(Inputs[1]) + offset : null;
            TileWindow inside = TileWindow.Of(y, x, _outputs, _geometry.OutputHeight, _geometry.OutputWidth);
            batch.AssertInside(Output, tile, (inside.LastRow - 1) * rowStride + (inside.LastColumn - 1) * (nint)channels + columns);
            _kernels.TransformOutput(
                _outputs, products + (nint)i * columns, positionStride, columns, _bias.Pointer + firstColumn, residual, relu, tile, rowStride, channels,
                inside);
            if (relu || _operation.Kind == PostOperationKind.None)
                continue;
            for (int row = 0; row < inside.LastRow; row++)
            {
                for (int column = 0; column < inside.LastColumn; column++)
                    _kernels.Finish(tile + row * rowStride + (nint)column * channels, null, columns, _operation);
            }
        }
    }

    /// <summary>
    /// Distance of the positions: an odd number of cache lines, because the transforms touch all positions of a tile at once, and these must not fall on the
    /// same lines of the cache.
    /// </summary>
    private static int PositionStride(int tiles, int channels) => ((tiles * channels + 15) / 16 | 1) * 16;

    /// <summary>Image and first output pixel of a tile.</summary>
    private (int Image, int Y, int X) Locate(int tile)
    {
        (int row, int across) = Math.DivRem(tile, _tilesAcross);
        (int image, int down) = Math.DivRem(row, _tilesDown);
        return (image, down * _outputs, across * _outputs);
    }

    /// <summary>Blocks of tiles; if these are too few for the threads then also groups of columns, which transform the same tiles again.</summary>
    private Split SplitWork(int images, int threads)
    {
        const int BlocksPerThread = 3;
        const int FewestTiles = 4;
        int tiles = checked(images * _tilesDown * _tilesAcross);
        int wanted = threads == 1 ? 1 : threads * BlocksPerThread;
        int perBlock = Math.Clamp((tiles + wanted - 1) / wanted, Math.Min(FewestTiles, _tilesPerBlock), _tilesPerBlock);
        int blocks = (tiles + perBlock - 1) / perBlock;
        int groups = blocks >= wanted ? 1 : Math.Min(_weights[0].PanelCount, (wanted + blocks - 1) / blocks);
        return new Split(perBlock, blocks, groups);
    }

    private readonly record struct Split(int TilesPerBlock, int TileBlocks, int PanelGroups);
}
