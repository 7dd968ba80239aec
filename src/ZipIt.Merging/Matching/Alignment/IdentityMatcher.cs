namespace ZipIt.Merging;

/// <summary>
/// Weight averaging: feature j of every model becomes merged feature j, M = [I … I]/N and U = [I; …; I]
/// (the baseline of Wortsman et al., <i>Model soups</i>, ICML 2022).
/// </summary>
/// <remarks>Where models differ in width, feature j is the mean over the models that have one. The merged width is that of the widest model.</remarks>
public sealed record IdentityMatcher : IFeatureMatcher
{
    /// <summary>What a command line or a report says of the matcher.</summary>
    internal static MatcherDescription Description { get; } = MatcherDescription.Of(
        "average",
        "Weight averaging: feature j of every network becomes merged feature j.",
        "Wortsman et al., Model soups, ICML 2022",
        values => new IdentityMatcher { Compatibility = values.Switch("compatibility") },
        MatcherParameter.Switch("compatibility", "Uses the merge weights of ZipIt!'s authors' implementation."));

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
        int merged = WidestWidth.Of(problem, Name);
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

        return ReferenceQuirks.ToMap(widths, groups, Compatibility);
    }

    void IMatcher.Check(Zipper zipper) => WidestWidth.Check(zipper, Name);
}
