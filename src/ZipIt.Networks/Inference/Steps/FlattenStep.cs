using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>A feature map as a vector in the order channels, rows, columns.</summary>
internal sealed unsafe class FlattenStep(PlannedValue input, PlannedValue output) : Step([input], output)
{
    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => images;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        nint offset = (nint)block * Output.ImageSize;
        Layouts.ToChannelsFirst(batch.At(Inputs[0]) + offset, batch.At(Output) + offset, Inputs[0].Channels, Inputs[0].Pixels);
    }
}
