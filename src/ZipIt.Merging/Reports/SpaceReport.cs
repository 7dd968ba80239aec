namespace ZipIt.Merging;

/// <summary>How the features of one space were merged, and what of them is lost, in the same terms for every matcher.</summary>
/// <param name="Name">Name of the node where they were measured.</param>
/// <param name="Width">Number of merged features.</param>
/// <param name="MergesWithin">For each member the number of merges of two of its own features.</param>
/// <param name="MergesAcross">Number of merges of features of different members.</param>
/// <param name="MeanCorrelation">Mean correlation of all pairs of features that share a merged feature; NaN if there are none.</param>
/// <param name="MinimumCorrelation">Smallest correlation of such a pair; NaN if there are none.</param>
/// <remarks>
/// Where features are selected instead of averaged, one that is not selected counts as merged into the selected feature that it correlates with most. The
/// members' features are always as many as the merged features and the merges together.
/// </remarks>
public sealed record SpaceReport(
    string Name, int Width, IReadOnlyList<int> MergesWithin, int MergesAcross, double MeanCorrelation, double MinimumCorrelation)
{
    private const double Constant = 1e-6; // variance of a feature that hardly varies, as a share of the most variable one's

    /// <summary>
    /// Share of the variance that no linear combination of the merged features explains, from 0 (nothing is lost) to 1: trace(R)/trace(A). A = D·cov·D, where D
    /// is what each feature matters to the layers that read it, scaled so that every member's diagonal block of A has trace 1; R = D·(cov −
    /// cov·Mᵀ·(M·cov·Mᵀ)⁻¹·M·cov)·D. It is the mean of <see cref="UnexplainedOfMember"/> over the members whose features vary. NaN in reports of
    /// earlier versions.
    /// </summary>
    public double Unexplained { get; init; } = double.NaN;

    /// <summary>The same for each member's own features; 0 for a member whose features are all constant. Empty in reports of earlier versions.</summary>
    public IReadOnlyList<double> UnexplainedOfMember { get; init; } = [];

    /// <summary>For each member the number of its own features. Empty in reports of earlier versions.</summary>
    public IReadOnlyList<int> WidthOfMember { get; init; } = [];

    /// <summary>
    /// For each member the number of features that hardly vary on the calibration images, by less than 10⁻⁶ of its most variable one's variance: dead channels,
    /// or pixels that the network does not take. Empty in reports of earlier versions.
    /// </summary>
    public IReadOnlyList<int> ConstantOfMember { get; init; } = [];

    /// <summary>
    /// Describes a map. In a group of merged features each but the first is one merge: within a member if the group already holds one of its features.
    /// </summary>
    /// <param name="name">Name of the node where the features were measured.</param>
    /// <param name="map">The space's map.</param>
    /// <param name="statistics">Statistics of the space.</param>
    /// <param name="importance">What each feature matters to the layers that read it; null for all alike.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <exception cref="ArgumentException">Map, statistics and importance are not those of one space.</exception>
    public static SpaceReport Of(string name, FeatureMap map, FeatureStatistics statistics, IReadOnlyList<double>? importance = null, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(statistics);
        if (!map.Widths.SequenceEqual(statistics.Widths))
            throw new ArgumentException("Expected statistics of the features that the map merges.", nameof(statistics));
        if (importance is not null && importance.Count != statistics.FeatureCount)
            throw new ArgumentException($"Expected {statistics.FeatureCount} importances, found {importance.Count}.", nameof(importance));
        var reconstruction = new LinearReconstruction(map, statistics, threads);
        var merges = new MergeCount(map, statistics, reconstruction);
        double?[] ofMember = UnexplainedOf(reconstruction, statistics, importance);
        return new SpaceReport(name, map.MergedCount, merges.Within, merges.Across, merges.MeanCorrelation, merges.MinimumCorrelation)
        {
            Unexplained = ofMember.Average() ?? 0,
            UnexplainedOfMember = [.. ofMember.Select(share => share ?? 0)],
            WidthOfMember = statistics.Widths.ToArray(),
            ConstantOfMember = CountConstant(statistics),
        };
    }

    /// <summary>The report with what JSON of an earlier version lacks: nothing is known about it.</summary>
    internal SpaceReport Completed() => UnexplainedOfMember is not null && WidthOfMember is not null && ConstantOfMember is not null
        ? this
        : this with { Unexplained = double.NaN, UnexplainedOfMember = [], WidthOfMember = [], ConstantOfMember = [] };

    /// <summary>The share of each member; null if its features are all constant.</summary>
    private static double?[] UnexplainedOf(LinearReconstruction reconstruction, FeatureStatistics statistics, IReadOnlyList<double>? importance)
    {
        var shares = new double?[statistics.ModelCount];
        int feature = 0;
        for (int m = 0; m < shares.Length; m++)
        {
            double left = 0, all = 0;
            for (int end = feature + statistics.Widths[m]; feature < end; feature++)
            {
                double weight = importance is null ? 1 : importance[feature] * importance[feature];
                left += weight * reconstruction.Unexplained[feature];
                all += weight * Math.Max(statistics.Covariance[feature, feature], 0);
            }

            shares[m] = all > 0 && double.IsFinite(all) ? left / all : null;
        }

        return shares;
    }

    private static int[] CountConstant(FeatureStatistics statistics)
    {
        var counts = new int[statistics.ModelCount];
        int feature = 0;
        for (int m = 0; m < counts.Length; m++)
        {
            double[] variances = [.. Enumerable.Range(feature, statistics.Widths[m]).Select(j => statistics.Covariance[j, j])];
            double largest = variances.Max();
            counts[m] = variances.Count(variance => !(variance > Constant * largest));
            feature += variances.Length;
        }

        return counts;
    }
}
