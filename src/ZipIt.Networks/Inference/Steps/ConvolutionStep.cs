using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>
/// A convolution or a fully connected layer as a matrix product [pixels, taps·channels]·[taps·channels, outputs], with what follows it fused.
/// The left matrix is gathered for a few dozen pixels at a time, into memory that stays in the cache; where it is the input itself
/// (kernel 1, stride 1) nothing is gathered.
/// </summary>
internal sealed unsafe class ConvolutionStep : Step
{
    /// <summary>Largest number of rows of the left matrix in a block, in register tiles of 12 rows.</summary>
    private const int MostTilesPerBlock = 8;

    /// <summary>
    /// Largest depth that is multiplied at once: a panel of the right matrix, 2·16·768 floats, and a tile of the left then stay in the second cache.
    /// </summary>
    private const int MostDepth = 768;

    private readonly ConvolutionGeometry _geometry;
    private readonly DepthBlock[] _depthBlocks;
    private readonly PackedMatrix[] _weights; // [group, depth block]
    private readonly AlignedBuffer _packed;
    private readonly AlignedBuffer _bias;
    private readonly PostOperation _operation;
    private readonly KernelSet _kernels;
    private readonly bool _gathers;

    public ConvolutionStep(
        in ConvolutionGeometry geometry, FoldedWeights weights, PlannedValue[] inputs, PlannedValue output, PostOperation operation, KernelSet kernels)
        : base(inputs, output)
    {
        (_geometry, _bias, _operation, _kernels) = (geometry, weights.Bias, operation, kernels);
        _gathers = !geometry.IsPointwise;
        _depthBlocks = DepthBlock.Split(geometry, MostDepth);

        int groupOutputs = geometry.GroupOutputs;
        long size = _depthBlocks.Sum(block => PackedMatrix.SizeOf(block.Depth, groupOutputs, kernels.Lanes));
        _packed = AlignedBuffer.Zeros(checked((int)(size * geometry.Groups)));
        _weights = new PackedMatrix[geometry.Groups * _depthBlocks.Length];
        float* next = _packed.Pointer;
        for (int i = 0; i < _weights.Length; i++)
        {
            int depth = _depthBlocks[i % _depthBlocks.Length].Depth;
            _weights[i] = new PackedMatrix(next, depth, groupOutputs, kernels.Lanes);
            next += PackedMatrix.SizeOf(depth, groupOutputs, kernels.Lanes);
        }

        Pack(weights);
    }

    /// <inheritdoc/>
    public override int WeightCount => _packed.Length;

    /// <inheritdoc/>
    public override int ScratchSize => _gathers ? MostTilesPerBlock * 12 * _depthBlocks.Max(block => block.Stride) : 0;

    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads)
    {
        Split split = SplitWork(images, threads);
        return split.RowBlocks * split.PanelGroups * _geometry.Groups;
    }

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        Split split = SplitWork(batch.Images, batch.Threads);
        (int rest, int panelGroup) = Math.DivRem(block, split.PanelGroups);
        (int rowBlock, int group) = Math.DivRem(rest, _geometry.Groups);
        int panels = _weights[0].PanelCount;
        int firstPanel = (int)((long)panels * panelGroup / split.PanelGroups);
        int lastPanel = (int)((long)panels * (panelGroup + 1) / split.PanelGroups);
        int rows = batch.Images * Output.Pixels;
        int firstRow = rowBlock * split.RowsPerBlock;
        int rowCount = Math.Min(split.RowsPerBlock, rows - firstRow);

        int channels = Output.Channels;
        int groupColumn = group * _geometry.GroupOutputs;
        float* bias = _bias.Pointer + groupColumn;
        float* target = batch.At(Output) + (nint)firstRow * channels + groupColumn;
        float* input = batch.At(Inputs[0]) + group * _geometry.GroupInputs;
        batch.AssertInside(Output, batch.At(Output) + (nint)firstRow * channels, (nint)rowCount * channels);
        if (!_gathers)
            batch.AssertInside(Inputs[0], batch.At(Inputs[0]) + (nint)firstRow * _geometry.InputChannels, (nint)rowCount * _geometry.InputChannels);
        for (int i = 0; i < _depthBlocks.Length; i++)
        {
            DepthBlock depthBlock = _depthBlocks[i];
            float* left = input + (nint)firstRow * _geometry.InputChannels + depthBlock.FirstChannel;
            nint stride = _geometry.InputChannels;
            if (_gathers)
            {
                depthBlock.Gather(_geometry, input, firstRow, rowCount, scratch, _kernels);
                left = scratch;
                stride = depthBlock.Stride;
            }

            PackedMatrix weights = _weights[group * _depthBlocks.Length + i];
            if (i == 0)
                _kernels.Multiply(left, stride, rowCount, weights, firstPanel, lastPanel, target, channels, bias, 0);
            else
                _kernels.Multiply(left, stride, rowCount, weights, firstPanel, lastPanel, target, channels, target, channels);
        }

        int firstColumn = firstPanel * _kernels.PanelWidth;
        int columns = Math.Min(lastPanel * _kernels.PanelWidth, _geometry.GroupOutputs) - firstColumn;
        float* residual = Inputs.Length > 1 ? batch.At(Inputs[1]) + (nint)firstRow * channels + groupColumn : null;
        Finish(target + firstColumn, residual is null ? null : residual + firstColumn, rowCount, columns);
    }

    private void Pack(FoldedWeights weights)
    {
        int taps = _geometry.Kernel.Height * _geometry.Kernel.Width;
        var output = new double[_geometry.GroupInputs * taps]; // [input of the group, tap]
        for (int n = 0; n < _geometry.OutputChannels; n++)
        {
            weights.CopyOutput(n, output);
            (int group, int column) = Math.DivRem(n, _geometry.GroupOutputs);
            for (int b = 0; b < _depthBlocks.Length; b++)
            {
                DepthBlock block = _depthBlocks[b];
                PackedMatrix matrix = _weights[group * _depthBlocks.Length + b];
                for (int k = 0; k < block.Depth; k++)
                {
                    (int tap, int channel) = Math.DivRem(k, block.Channels);
                    matrix.Set(k, column, (float)output[(block.FirstChannel + channel) * taps + block.FirstTap + tap]);
                }
            }
        }
    }

    private void Finish(float* target, float* residual, int rows, int columns)
    {
        int channels = Output.Channels;
        if (residual is null && _operation.Kind == PostOperationKind.None)
            return;
        if (columns == channels)
        {
            _kernels.Finish(target, residual, (nint)rows * channels, _operation);
            return;
        }

        for (nint row = 0; row < rows; row++)
            _kernels.Finish(target + row * channels, residual is null ? null : residual + row * channels, columns, _operation);
    }

    /// <summary>
    /// Blocks of rows; if these are too few for the threads then also groups of columns, which gather the same rows again.
    /// </summary>
    private Split SplitWork(int images, int threads)
    {
        const int BlocksPerThread = 4;
        int tileRows = _kernels.TileRows;
        long rows = (long)images * Output.Pixels;
        int wanted = threads == 1 ? 1 : threads * BlocksPerThread;
        long tiles = (rows + tileRows - 1) / tileRows;
        int rowsPerBlock = (int)Math.Clamp(tiles / wanted, 1, MostTilesPerBlock) * tileRows;
        int rowBlocks = checked((int)((rows + rowsPerBlock - 1) / rowsPerBlock));
        int others = rowBlocks * _geometry.Groups;
        int panelGroups = others >= wanted ? 1 : Math.Min(_weights[0].PanelCount, (wanted + others - 1) / others);
        return new Split(rowsPerBlock, rowBlocks, panelGroups);
    }

    private readonly record struct Split(int RowsPerBlock, int RowBlocks, int PanelGroups);
}
