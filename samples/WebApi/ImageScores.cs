namespace WebApi;

/// <summary>What the model gives.</summary>
public sealed class ImageScores
{
    /// <summary>A probability for each class of all tasks.</summary>
    public float[] Score { get; set; } = [];

    /// <summary>The same classes; here the probabilities sum to 1 within each task.</summary>
    public float[] TaskScore { get; set; } = [];
}
