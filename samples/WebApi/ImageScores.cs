namespace WebApi;

/// <summary>What the model gives.</summary>
public sealed class ImageScores
{
    /// <summary>A probability for each class of all tasks.</summary>
    public float[] Score { get; set; } = [];
}
