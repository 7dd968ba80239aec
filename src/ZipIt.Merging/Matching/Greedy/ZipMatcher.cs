using System.Globalization;

namespace ZipIt.Merging;

/// <summary>
/// The greedy matching of ZipIt!: again and again the two most similar features become one, whether they belong to different models or to the same
/// (Stoica et al., <i>ZipIt! Merging Models from Different Tasks without Training</i>, ICLR 2024, equation 7 and section 4.3).
/// </summary>
/// <remarks>
/// <para>
/// Similarity is the correlation S. Until <see cref="MatchingProblem.MergedCount"/> features remain, the pair i &lt; j with the largest S[i, j] is merged
/// (of equal ones the first in row-major order): j goes into i, which keeps its place and the model it counts as, and
/// S[i, k] becomes α·min(S[i, k], S[j, k]) for every other k. Merges of two features that count as model m take from m's budget
/// ⌊removed/N·β + 10⁻⁴⌋; when it is spent, the pairs of features that count as m at that moment are forbidden, and what they are merged into inherits the
/// prohibition. If nothing but forbidden pairs is left, the limits are dropped and the best similarity without them decides (the discount α too, if it is 0,
/// since it would make all equal).
/// </para>
/// <para>Time grows with the square of the number of features per merge in the worst case, and nearly linearly with it in practice; memory is one square
/// matrix.</para>
/// </remarks>
public sealed record ZipMatcher : IFeatureMatcher
{
    private readonly double _alpha = 0.3;
    private readonly double _beta = 0.125;

    /// <summary>What a command line or a report says of the matcher.</summary>
    internal static MatcherDescription Description { get; } = MatcherDescription.Of(
        "zip",
        "Merges again and again the two most similar features, whether they belong to different networks or to the same.",
        "Stoica et al., ZipIt! Merging Models from Different Tasks without Training, ICLR 2024, equation 7",
        values => new ZipMatcher { Alpha = values.Number("alpha"), Beta = values.Number("beta"), Compatibility = values.Switch("compatibility") },
        MatcherParameter.Number("alpha", 0.3, 0, 1, "How much of its similarity a feature keeps when it is merged once more."),
        MatcherParameter.Number("beta", 0.125, 0, 1, "Share of the merges that may take place within each network."),
        MatcherParameter.Switch("compatibility", "Reproduces ZipIt!'s authors' implementation where it differs from the paper."));

    /// <summary>
    /// How much of its similarity a feature keeps when it is merged once more, from 0 (a merged feature is never merged again) to 1 (no discount):
    /// α of section 4.3. Default 0.3.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 0 and 1.</exception>
    public double Alpha
    {
        get => _alpha;
        init => _alpha = Share(value, nameof(Alpha));
    }

    /// <summary>
    /// Share of the merges that may take place within each model, from 0 (none) to 1 (as many as each model's share of all merges): β of section 4.3.
    /// Default 0.125.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 0 and 1.</exception>
    public double Beta
    {
        get => _beta;
        init => _beta = Share(value, nameof(Beta));
    }

    /// <summary>
    /// Reproduces the authors' implementation where it differs from the paper: budgets are checked only after a merge within a model (so β = 0 allows one
    /// for each model), they are computed with integer division, α = 0 forbids by positions that are no longer current instead of by feature, and merge
    /// weights are 1/(|g| + 10⁻⁵). For comparisons; α = 0 then takes cubic time. Default false.
    /// </summary>
    public bool Compatibility { get; init; }

    /// <inheritdoc/>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"ZipIt! (α {Alpha}, β {Beta}{(Compatibility ? ", as reference" : "")})");

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="problem"/> is null.</exception>
    public FeatureMap Match(MatchingProblem problem) => Match(problem, null);

    /// <summary>Matches and reports every merge before it is made.</summary>
    internal FeatureMap Match(MatchingProblem problem, Action<ZipStep>? trace)
    {
        ArgumentNullException.ThrowIfNull(problem);
        int[][] groups = Compatibility && Alpha == 0
            ? new ReferenceZeroAlphaMatching(problem, Beta, trace).Run()
            : new GreedyMatching(problem, Alpha, Beta, Compatibility, trace).Run();
        return ReferenceQuirks.ToMap(problem.Statistics.Widths, groups, Compatibility);
    }

    private static double Share(double value, string name) => value is >= 0 and <= 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "Expected a number between 0 and 1.");
}
