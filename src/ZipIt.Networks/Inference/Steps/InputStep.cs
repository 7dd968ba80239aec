using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>Brings an input into the engine's layout, and applies a normalization of pixels if one follows.</summary>
internal sealed unsafe class InputStep(int index, bool channelsLast, ChannelScale? scale, PlannedValue output, KernelSet kernels) : Step([], output)
{
    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => images;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        nint offset = (nint)block * Output.ImageSize;
        float* source = batch.GetInput(index) + offset;
        float* target = batch.At(Output) + offset;
        if (!channelsLast)
        {
            Layouts.ToChannelsLast(source, target, Output.Channels, Output.Pixels);
            source = target;
        }

        if (scale is not null)
            kernels.Scale(source, target, Output.Pixels, Output.Channels, scale.Scale.Pointer, scale.Shift.Pointer);
        else if (source != target)
            new ReadOnlySpan<float>(source, Output.ImageSize).CopyTo(new Span<float>(target, Output.ImageSize));
    }
}
