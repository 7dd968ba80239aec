namespace ZipIt.Networks;

/// <summary>Sums of an image's values and of their squares per channel, in double precision: the first half of measuring a batch.</summary>
internal sealed unsafe class BatchSumsStep(PlannedValue input, PlannedValue token, int normalization) : Step([input], token)
{
    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => images;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        PlannedValue input = Inputs[0];
        int channels = input.Channels;
        Span<double> sums = batch.Normalizations[normalization].Sums.AsSpan(2 * channels * block, 2 * channels);
        sums.Clear();
        fixed (double* sum = sums)
        {
            double* squares = sum + channels;
            float* values = batch.At(input) + (nint)block * input.ImageSize;
            for (int pixel = 0; pixel < input.Pixels; pixel++, values += channels)
            {
                for (int c = 0; c < channels; c++)
                {
                    double value = values[c];
                    sum[c] += value;
                    squares[c] += value * value;
                }
            }
        }
    }
}
