namespace ZipIt.Networks;

/// <summary>Channels of several values one after the other in each pixel.</summary>
internal sealed unsafe class ConcatStep(PlannedValue[] inputs, PlannedValue output) : Step(inputs, output)
{
    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => images;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        float* target = batch.At(Output) + (nint)block * Output.ImageSize;
        foreach (PlannedValue input in Inputs)
        {
            float* source = batch.At(input) + (nint)block * input.ImageSize;
            for (int pixel = 0; pixel < input.Pixels; pixel++)
            {
                var values = new ReadOnlySpan<float>(source + (nint)pixel * input.Channels, input.Channels);
                values.CopyTo(new Span<float>(target + (nint)pixel * Output.Channels, input.Channels));
            }

            target += input.Channels;
        }
    }
}
