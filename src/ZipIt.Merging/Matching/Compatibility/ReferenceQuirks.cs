namespace ZipIt.Merging;

/// <summary>
/// What the authors' implementation of ZipIt! does otherwise than their paper says, for matchers whose <c>Compatibility</c> is asked for: comparisons with it
/// need the same numbers. Besides, a merge within a model is refused only when the model's budget is found spent after such a merge, so that β = 0 allows one
/// for each model, and α = 0 is a case of its own (<see cref="ReferenceZeroAlphaMatching"/>).
/// </summary>
internal static class ReferenceQuirks
{
    /// <summary>The diagonal of the correlation matrix whose rows K-means groups; 1 in truth.</summary>
    public const double KMeansDiagonal = -10;

    /// <summary>Weight of each feature in a merged one; 1/size in truth.</summary>
    public static double MergeWeight(int size) => 1 / (size + 1e-5);

    /// <summary>Number of merges that each model may make within itself: the share of each model is rounded down first.</summary>
    public static int BudgetWithin(int removed, int models, double beta) => (int)Math.Floor(removed / models * beta + 1e-4);

    /// <summary>The map of disjoint groups, with the weights of the paper or of the authors' implementation.</summary>
    public static FeatureMap ToMap(ReadOnlySpan<int> widths, IReadOnlyList<IReadOnlyList<int>> groups, bool compatibility) =>
        compatibility ? FeatureMap.FromGroups(widths, groups, MergeWeight) : FeatureMap.FromGroups(widths, groups);
}
