using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>Normalizes each channel of an image with its mean and variance over the pixels. A block is an image.</summary>
internal sealed unsafe class InstanceNormStep(InstanceNorm2d layer, PlannedValue input, PlannedValue output, KernelSet kernels) : Step([input], output)
{
    /// <summary>For each channel two sums in double precision, and scale and shift.</summary>
    public override int ScratchSize => 6 * layer.Channels;

    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => images;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        int channels = Output.Channels, pixels = Output.Pixels;
        nint offset = (nint)block * Output.ImageSize;
        float* source = batch.At(Inputs[0]) + offset;
        double* sums = (double*)scratch, squares = sums + channels;
        float* scale = scratch + 4 * channels, shift = scale + channels;
        new Span<double>(sums, 2 * channels).Clear();
        for (int pixel = 0; pixel < pixels; pixel++)
            BatchSumsStep.AddPixel(source + (nint)pixel * channels, channels, sums, squares);
        for (int c = 0; c < channels; c++)
        {
            double mean = sums[c] / pixels;
            double factor = layer.Weight.Span[c] / Math.Sqrt(Math.Max(0, squares[c] / pixels - mean * mean) + layer.Epsilon);
            (scale[c], shift[c]) = ((float)factor, (float)(layer.Bias.Span[c] - factor * mean));
        }

        kernels.Scale(source, batch.At(Output) + offset, pixels, channels, scale, shift);
    }
}
