using ZipIt.Numerics;


namespace ZipIt.Networks;

/// <summary>What one batch normalization measures in a run, and the multiplication and addition that follow from it.</summary>
internal sealed class BatchNormState(int channels, int maximumBatchSize)
{
    /// <summary>For each image the sums of its values and of their squares [image, 2, channels].</summary>
    public double[] Sums { get; } = new double[2 * channels * maximumBatchSize];

    public double[] Mean { get; } = new double[channels];

    public double[] Variance { get; } = new double[channels];

    public AlignedBuffer Scale { get; } = AlignedBuffer.Zeros(channels);

    public AlignedBuffer Shift { get; } = AlignedBuffer.Zeros(channels);
}
