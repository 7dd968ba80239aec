using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>Mean over the pixels of each image.</summary>
internal sealed unsafe class GlobalPoolStep(PlannedValue input, PlannedValue output, KernelSet kernels) : Step([input], output)
{
    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => images;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        PlannedValue input = Inputs[0];
        float* source = batch.At(input) + (nint)block * input.ImageSize;
        float* target = batch.At(Output) + (nint)block * Output.Channels;
        new Span<float>(target, Output.Channels).Clear();
        for (int pixel = 0; pixel < input.Pixels; pixel++)
            kernels.Accumulate(source + (nint)pixel * input.Channels, target, input.Channels);
        kernels.Scale(target, Output.Channels, 1f / input.Pixels);
    }
}
