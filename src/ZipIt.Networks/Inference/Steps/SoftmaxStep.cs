using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>Softmax over the channels of each pixel.</summary>
internal sealed unsafe class SoftmaxStep(PlannedValue input, PlannedValue output, KernelSet kernels) : Step([input], output)
{
    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => images;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        nint offset = (nint)block * Output.ImageSize;
        float* source = batch.At(Inputs[0]) + offset;
        float* target = batch.At(Output) + offset;
        for (int pixel = 0; pixel < Output.Pixels; pixel++, source += Output.Channels, target += Output.Channels)
            kernels.Softmax(source, target, Output.Channels);
    }
}
