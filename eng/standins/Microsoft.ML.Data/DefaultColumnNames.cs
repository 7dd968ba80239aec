namespace Microsoft.ML.Data;

/// <summary>The names that columns have unless they are given others.</summary>
[BestFriend]
internal static class DefaultColumnNames
{
    /// <summary>What is to be predicted.</summary>
    public const string Label = "Label";

    /// <summary>What it is predicted from.</summary>
    public const string Features = "Features";

    /// <summary>The scores of a prediction.</summary>
    public const string Score = "Score";

    /// <summary>A prediction.</summary>
    public const string PredictedLabel = "PredictedLabel";

    /// <summary>The probability of a prediction.</summary>
    public const string Probability = "Probability";
}
