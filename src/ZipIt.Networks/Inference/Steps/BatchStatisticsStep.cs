namespace ZipIt.Networks;

/// <summary>Joins the images' sums, in their order, into the batch's mean and variance, and derives the normalization from them.</summary>
internal sealed unsafe class BatchStatisticsStep(PlannedValue input, PlannedValue sums, PlannedValue token, int normalization, BatchNorm2d layer)
    : Step([input, sums], token)
{
    /// <inheritdoc/>
    public override int CountBlocks(int images, int threads) => 1;

    /// <inheritdoc/>
    public override void Run(Batch batch, int block, float* scratch)
    {
        int channels = layer.Channels;
        BatchNormState state = batch.Normalizations[normalization];
        double count = (double)batch.Images * Inputs[0].Pixels;
        for (int c = 0; c < channels; c++)
        {
            double sum = 0, squares = 0;
            for (int image = 0; image < batch.Images; image++)
            {
                sum += state.Sums[2 * channels * image + c];
                squares += state.Sums[2 * channels * image + channels + c];
            }

            double mean = sum / count;
            double variance = Math.Max(0, squares / count - mean * mean);
            double scale = layer.Weight.Span[c] / Math.Sqrt(variance + layer.Epsilon);
            (state.Mean[c], state.Variance[c]) = (mean, variance);
            (state.Scale.Span[c], state.Shift.Span[c]) = ((float)scale, (float)(layer.Bias.Span[c] - scale * mean));
        }
    }
}
