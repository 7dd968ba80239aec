using ZipIt.Networks;

namespace Reproduction.Training;

/// <summary>How classifiers are trained that are not there yet.</summary>
internal sealed record TrainingSettings
{
    /// <summary>Number of passes over the images.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>Number of images of a step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Largest learning rate.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>Number of the graphics processor to train on; null for the CPU.</summary>
    public int? Gpu { get; init; }

    /// <summary>The first layer of all networks: turns pixels of 0–255 into what they are trained on.</summary>
    public ChannelAffine Normalization { get; init; } =
        ChannelAffine.FromNormalization([125.307f / 255, 122.961f / 255, 113.8575f / 255], [51.5865f / 255, 50.847f / 255, 51.255f / 255]);
}
