using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>
/// A convolution or a fully connected layer as a matrix product [pixels, taps·channels]·[taps·channels, outputs], with what follows it fused.
/// The left matrix is gathered for a few dozen pixels at a time, into memory that stays in the cache; where it is the input itself
/// (kernel 1, stride 1) nothing is gathered.
/// </summary>
internal sealed unsafe class ConvolutionStep : Step
{
    /// <summary>Largest number of rows of the left matrix in a block.</summary>
    private const int MostRows = 96;

    /// <summary>Largest depth that is multiplied at once: a panel of the right matrix and a tile of the left then stay in the first cache.</summary>
    private const int MostDepth = 320;

    private readonly ConvolutionGeometry _geometry;
    private readonly DepthBlock[] _depthBlocks;
    private readonly PackedMatrix[] _weights; // [group, depth block]
    private readonly AlignedBuffer _packed;
    private readonly AlignedBuffer _bias;
    private readonly PostOperation _operation;
    private readonly KernelSet _kernels;
    private readonly bool _gathers;
    private Split? _latest; // found anew by whoever needs another; never changed

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
    public override int ScratchSize => _gathers ? MostRows * _depthBlocks.Max(block => block.Stride) : 0;

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
        (int firstRow, int rowCount) = split.RowsOf(rowBlock);

        int channels = Output.Channels;
        int groupColumn = group * _geometry.GroupOutputs;
        nint offset = (nint)firstRow * channels + groupColumn;
        float* bias = _bias.Pointer + groupColumn;
        float* target = batch.At(Output) + offset;
        float* residual = Inputs.Length > 1 ? batch.At(Inputs[1]) + offset : null;
        float* input = batch.At(Inputs[0]) + group * _geometry.GroupInputs;
        batch.AssertInside(Output, target - groupColumn, (nint)rowCount * channels);
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
            float* initial = i == 0 ? bias : target;
            nint initialStride = i == 0 ? 0 : channels;
            if (i < _depthBlocks.Length - 1)
                _kernels.Multiply(left, stride, rowCount, weights, firstPanel, lastPanel, target, channels, initial, initialStride);
            else
                _kernels.Multiply(left, stride, rowCount, weights, firstPanel, lastPanel, target, channels, initial, initialStride, residual, _operation);
        }
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

    /// <summary>
    /// Blocks of rows, each of which reads the weights, and groups of columns, each of which reads the rows (and gathers them again): of the ways to give all threads
    /// enough blocks the one that reads least.
    /// </summary>
    private Split SplitWork(int images, int threads)
    {
        if (_latest is { } latest && latest.Images == images && latest.Threads == threads)
            return latest;

        const int BlocksPerThread = 4;
        int rows = checked(images * Output.Pixels);
        int tiles = (rows + _kernels.TileRows - 1) / _kernels.TileRows;
        int fewest = Math.Min(tiles, ((rows + MostRows - 1) / MostRows + threads - 1) / threads * threads);
        int groups = _geometry.Groups;
        int panels = _weights[0].PanelCount;
        int wanted = threads == 1 ? 1 : threads * BlocksPerThread;
        int most = Math.Min(tiles, Math.Max(fewest, (wanted + groups - 1) / groups));
        double rowCost = (double)rows * _depthBlocks.Sum(block => block.Depth);
        double weightCost = (double)_packed.Length / groups;
        (double Cost, int RowBlocks, int PanelGroups) best = (double.PositiveInfinity, 1, 1);
        for (int rowBlocks = fewest; rowBlocks <= most; rowBlocks++)
        {
            long blocks = (long)rowBlocks * groups;
            int panelGroups = (int)Math.Min(panels, (wanted + blocks - 1) / blocks);
            double cost = rowBlocks * weightCost + panelGroups * rowCost;
            if (blocks * panelGroups >= Math.Min(wanted, (long)most * groups * panels) && cost < best.Cost)
                best = (cost, rowBlocks, panelGroups);
        }

        return _latest = new Split(images, threads, rows, _kernels.TileRows, best.RowBlocks, best.PanelGroups);
    }

    /// <summary>How the work of some images is split for some threads.</summary>
    private sealed record Split(int Images, int Threads, int Rows, int TileRows, int RowBlocks, int PanelGroups)
    {
        /// <summary>The rows of a block: whole tiles, and almost the same number in each.</summary>
        public (int First, int Count) RowsOf(int block)
        {
            int first = FirstOf(block);
            return (first, FirstOf(block + 1) - first);
        }

        private int FirstOf(int block) => Math.Min(Rows, (int)((Rows + TileRows - 1L) / TileRows * block / RowBlocks) * TileRows);
    }
}
