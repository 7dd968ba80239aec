using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>A convolution in which each channel sees itself only, with what follows it fused. A block is some rows of an image's output.</summary>
internal sealed unsafe class DepthwiseStep : Step
{
    private readonly WindowAxis _rows;
    private readonly WindowAxis _columns;
    private readonly AlignedBuffer _weights; // [kernel height, kernel width, channels]
    private readonly AlignedBuffer _bias;
    private readonly PostOperation _operation;
    private readonly KernelSet _kernels;

    public DepthwiseStep(
        in ConvolutionGeometry geometry, FoldedWeights weights, PlannedValue[] inputs, PlannedValue output, PostOperation operation, KernelSet kernels)
        : base(inputs, output)
    {
        (_rows, _columns, _operation, _kernels) = (geometry.Rows, geometry.Columns, operation, kernels);
        int channels = output.Channels;
        int taps = geometry.Kernel.Height * geometry.Kernel.Width;
        _bias = weights.Bias;
        _weights = AlignedBuffer.Zeros(taps * channels);
        var kernel = new double[taps];
        for (int c = 0; c < channels; c++)
        {
            weights.CopyOutput(c, kernel);
            for (int tap = 0; tap < taps; tap++)
                _weights.Span[tap * channels + c] = (float)kernel[tap];
        }
    }

    /// <summary>Whether a convolution is depthwise.</summary>
    public static bool Fits(Conv2d layer) => layer.Groups == layer.InputChannels && layer.OutputChannels == layer.InputChannels;

    /// <inheritdoc/>
    public override int WeightCount => _weights.Length;

    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => images * CountParts(images, threads);

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        int parts = CountParts(batch.Images, batch.Threads);
        (int image, int part) = Math.DivRem(block, parts);
        int last = (int)((long)Output.Height * (part + 1) / parts);
        for (int y = (int)((long)Output.Height * part / parts); y < last; y++)
            RunRow(batch, image, y);
    }

    /// <summary>Parts of an image: the threads share the rows if there are few images. Parts of many rows read fewer rows twice.</summary>
    private int CountParts(int images, int threads)
    {
        const int BlocksPerThread = 4;
        return threads == 1 ? 1 : Math.Min(Output.Height, (threads * BlocksPerThread + images - 1) / images);
    }

    private void RunRow(Batch batch, int image, int y)
    {
        PlannedValue input = Inputs[0];
        nint channels = Output.Channels;
        nint offset = ((nint)image * Output.Height + y) * Output.Width * channels;
        float* target = batch.At(Output) + offset;
        float* residual = Inputs.Length > 1 ? batch.At(Inputs[1]) + offset : null;
        (int firstY, int firstRow, int rows) = _rows.TapsAt(y);
        float* line = batch.At(input) + (nint)image * input.ImageSize + (nint)firstY * input.Width * channels;
        batch.AssertInside(Output, target, Output.Width * channels);
        for (int x = 0; x < Output.Width;)
        {
            // Windows with the same taps are computed together: all but those that stick out of the input.
            (int firstX, int firstColumn, int columns) = _columns.TapsAt(x);
            int count = 1;
            if (columns == _columns.Kernel)
                count = Math.Max(1, _columns.LastWhole - x + 1);
            float* source = line + firstX * channels;
            if (rows > 0 && columns > 0)
            {
                batch.AssertInside(input, source, (((rows - 1) * (nint)_rows.Dilation * input.Width)
                    + (count - 1) * (nint)_columns.Stride + (columns - 1) * (nint)_columns.Dilation + 1) * channels);
            }

            var windows = new ChannelWindows
            {
                Count = count,
                Channels = Output.Channels,
                Rows = columns == 0 ? 0 : rows,
                Columns = columns,
                Source = source,
                WindowStride = _columns.Stride * channels,
                TapStride = _columns.Dilation * channels,
                RowStride = _rows.Dilation * input.Width * channels,
                Weights = _weights.Pointer + (firstRow * _columns.Kernel + firstColumn) * channels,
                WeightRowStride = _columns.Kernel * channels,
                Bias = _bias.Pointer,
            };
            _kernels.Convolve(windows, target + x * channels, residual is null ? null : residual + x * channels, _operation);
            x += count;
        }
    }
}
