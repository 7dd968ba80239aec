namespace Quickstart;

/// <summary>What the zipped model says of an image.</summary>
public sealed class ImagePrediction
{
    /// <summary>Probability of each class of all tasks.</summary>
    public float[] Score { get; set; } = [];
}
