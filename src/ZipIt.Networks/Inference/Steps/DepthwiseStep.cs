using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>A convolution in which each channel sees itself only, with what follows it fused. A block is a row of the output.</summary>
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
    public override int CountBlocks(int images, int threads) => images * Output.Height;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        PlannedValue input = Inputs[0];
        int channels = Output.Channels;
        (int image, int y) = Math.DivRem(block, Output.Height);
        float* source = batch.At(input) + (nint)image * input.ImageSize;
        nint offset = (nint)block * Output.Width * channels;
        float* row = batch.At(Output) + offset;
        float* target = row;
        batch.AssertInside(input, source, input.ImageSize);
        batch.AssertInside(Output, target, (nint)Output.Width * channels);
        for (int x = 0; x < Output.Width; x++, target += channels)
        {
            _bias.Span.CopyTo(new Span<float>(target, channels));
            for (int ky = 0; ky < _rows.Kernel; ky++)
            {
                int inputY = y * _rows.Stride - _rows.Padding + ky * _rows.Dilation;
                if ((uint)inputY >= (uint)input.Height)
                    continue;
                for (int kx = 0; kx < _columns.Kernel; kx++)
                {
                    int inputX = x * _columns.Stride - _columns.Padding + kx * _columns.Dilation;
                    if ((uint)inputX >= (uint)input.Width)
                        continue;
                    float* pixel = source + ((nint)inputY * input.Width + inputX) * channels;
                    _kernels.AccumulateProduct(pixel, _weights.Pointer + (ky * _columns.Kernel + kx) * channels, target, channels);
                }
            }
        }

        _kernels.Finish(row, Inputs.Length > 1 ? batch.At(Inputs[1]) + offset : null, (nint)Output.Width * channels, _operation);
    }
}
