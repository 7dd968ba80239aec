using ZipIt.Numerics;


namespace ZipIt.Networks;

/// <summary>Largest or mean value of each window. A block is a row of windows.</summary>
internal sealed unsafe class PoolStep(Pool2d layer, PlannedValue input, PlannedValue output, KernelSet kernels) : Step([input], output)
{
    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => images * Output.Height;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        PlannedValue input = Inputs[0];
        int channels = Output.Channels;
        (int image, int y) = Math.DivRem(block, Output.Height);
        (int top, int bottom, int paddedRows) = Window(y, layer.Kernel.Height, layer.Stride.Height, layer.Padding.Height, input.Height);
        float* source = batch.At(input) + (nint)image * input.ImageSize;
        float* target = batch.At(Output) + (nint)block * Output.Width * channels;
        for (int x = 0; x < Output.Width; x++, target += channels)
        {
            (int left, int right, int paddedColumns) = Window(x, layer.Kernel.Width, layer.Stride.Width, layer.Padding.Width, input.Width);
            if (layer is MaxPool2d)
            {
                float* corner = source + ((nint)top * input.Width + left) * channels;
                new ReadOnlySpan<float>(corner, channels).CopyTo(new Span<float>(target, channels));
            }
            else
            {
                new Span<float>(target, channels).Clear();
            }

            for (int row = top; row < bottom; row++)
            {
                for (int column = left; column < right; column++)
                {
                    float* pixel = source + ((nint)row * input.Width + column) * channels;
                    if (layer is MaxPool2d)
                        kernels.AccumulateMaximum(pixel, target, channels);
                    else
                        kernels.Accumulate(pixel, target, channels);
                }
            }

            if (layer is AvgPool2d mean)
                kernels.Scale(target, channels, 1f / (mean.CountPadding ? paddedRows * paddedColumns : (bottom - top) * (right - left)));
        }
    }

    /// <summary>The part of a window that lies inside the input, and its extent inside the padded input.</summary>
    private static (int First, int Last, int Padded) Window(int index, int kernel, int stride, int padding, int extent)
    {
        int first = index * stride - padding;
        int last = Math.Min(first + kernel, extent + padding);
        return (Math.Max(first, 0), Math.Min(last, extent), last - first);
    }
}
