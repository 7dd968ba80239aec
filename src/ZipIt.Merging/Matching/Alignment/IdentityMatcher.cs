namespace ZipIt.Merging;

/// <summary>
/// Weight averaging: feature j of every model becomes merged feature j, M = [I … I]/N and U = [I; …; I]
/// (the baseline of Wortsman et al., <i>Model soups</i>, ICML 2022).
/// </summary>
/// <remarks>Where models differ in width, feature j is the mean over the models that have one. The merged width is that of the widest model.</remarks>
public sealed record IdentityMatcher : IFeatureMatcher
{
    /// <summary>
    /// Uses the merge weights 1/(|g| + 10⁻⁵) of the authors' implementation instead of 1/|g|. Default false.
    /// </summary>
    public bool Compatibility { get; init; }

    /// <inheritdoc/>
    public string Name => Compatibility ? "Weight averaging (as reference)" : "Weight averaging";

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="problem"/> is null.</exception>
    public FeatureMap Match(MatchingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ReadOnlySpan<int> widths = problem.Statistics.Widths;
        int merged = RequireWidestWidth(problem, Name);
        var groups = new List<int>[merged];
        for (int p = 0; p < merged; p++)
            groups[p] = [];
        int offset = 0;
        foreach (int width in widths)
        {
            for (int j = 0; j < width; j++)
                groups[j].Add(offset + j);
            offset += width;
        }

        return Compatibility ? FeatureMap.FromGroups(widths, groups, size => 1 / (size + 1e-5)) : FeatureMap.FromGroups(widths, groups);
    }

    /// <summary>The width of the widest model, which must be the number of features to keep.</summary>
    internal static int RequireWidestWidth(MatchingProblem problem, string method)
    {
        int widest = 0;
        foreach (int width in problem.Statistics.Widths)
            widest = Math.Max(widest, width);
        return problem.MergedCount == widest
            ? widest
            : throw new ArgumentException($"{method} keeps as many features as the widest model has, {widest}, but {problem.MergedCount} were asked for.", nameof(problem));
    }
}
