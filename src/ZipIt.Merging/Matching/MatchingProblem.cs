using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>What a matcher needs to know about one feature space.</summary>
public sealed class MatchingProblem
{
    private Matrix? _correlation;

    /// <summary>Describes a problem.</summary>
    /// <param name="statistics">Mean and covariance of all models' features.</param>
    /// <param name="mergedCount">Number of merged features to keep, from 1 to the number of all features; null for the width of the widest model.</param>
    /// <param name="importance">
    /// What each feature matters to the layers that read it (norm of their weights for it), or null if unknown: all features then count alike.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mergedCount"/> is out of range.</exception>
    /// <exception cref="ArgumentException">There is not one importance for each feature.</exception>
    public MatchingProblem(FeatureStatistics statistics, int? mergedCount = null, IReadOnlyList<double>? importance = null)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        int widest = 0;
        foreach (int width in statistics.Widths)
            widest = Math.Max(widest, width);
        int merged = mergedCount ?? widest;
        ArgumentOutOfRangeException.ThrowIfLessThan(merged, 1, nameof(mergedCount));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(merged, statistics.FeatureCount, nameof(mergedCount));
        if (importance is not null && importance.Count != statistics.FeatureCount)
            throw new ArgumentException($"Expected {statistics.FeatureCount} importances, found {importance.Count}.", nameof(importance));
        (Statistics, MergedCount, Importance) = (statistics, merged, importance);
    }

    /// <summary>Mean and covariance of all models' features.</summary>
    public FeatureStatistics Statistics { get; }

    /// <summary>Number of merged features to keep.</summary>
    public int MergedCount { get; }

    /// <summary>What each feature matters to the layers that read it, or null if unknown.</summary>
    public IReadOnlyList<double>? Importance { get; }

    /// <summary>
    /// For each model how much there is to lose, in any unit: its number of classes. Null (default) if all models count alike. <see cref="SelectionMatcher"/>
    /// puts models on a par in proportion to it.
    /// </summary>
    public IReadOnlyList<double>? Demands { get; init; }

    /// <summary>Number of threads; 0 for one per processor. What is matched does not depend on it. Default 0.</summary>
    public int Threads { get; init; }

    /// <summary>Correlation of every pair of features, computed once. Callers must not change it.</summary>
    public Matrix Correlation => _correlation ??= Statistics.ToCorrelation();
}
