namespace ZipIt.Networks;

/// <summary>Copies chosen channels of each pixel.</summary>
internal sealed unsafe class GatherStep(ChannelGather layer, PlannedValue input, PlannedValue output) : Step([input], output)
{
    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => images;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        PlannedValue input = Inputs[0];
        ReadOnlySpan<int> sources = layer.Sources;
        float* source = batch.At(input) + (nint)block * input.ImageSize;
        float* target = batch.At(Output) + (nint)block * Output.ImageSize;
        for (int pixel = 0; pixel < input.Pixels; pixel++, source += input.Channels)
        {
            foreach (int channel in sources)
                *target++ = source[channel];
        }
    }
}
