using System.Numerics.Tensors;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Alignment by permutation: every model's features are assigned one to one to those of model 0 so that the sum of correlations is largest, then averaged
/// (Li et al., <i>Convergent learning</i>, 2015; activation matching of Ainsworth et al., <i>Git Re-Basin</i>, ICLR 2023, section 3.1). The assignment is
/// exact.
/// </summary>
/// <remarks>
/// Where models differ in width, the first of the widest models takes the place of model 0, and features of it that a narrower model has no partner for are
/// averaged over fewer models. The merged width is that of the widest model.
/// </remarks>
public sealed record PermutationMatcher : IFeatureMatcher
{
    /// <summary>What a command line or a report says of the matcher.</summary>
    internal static MatcherDescription Description { get; } = MatcherDescription.Of(
        "permute",
        "Assigns every network's features one to one to those of the first so that the sum of correlations is largest, and averages them.",
        "Li et al., Convergent learning, 2015; Ainsworth et al., Git Re-Basin, ICLR 2023, section 3.1",
        values => new PermutationMatcher { Compatibility = values.Switch("compatibility") },
        MatcherParameter.Switch("compatibility", "Uses the merge weights of ZipIt!'s authors' implementation."));

    /// <summary>
    /// Uses the merge weights 1/(|g| + 10⁻⁵) of the authors' implementation instead of 1/|g|. Default false.
    /// </summary>
    public bool Compatibility { get; init; }

    /// <inheritdoc/>
    public string Name => Compatibility ? "Permute (as reference)" : "Permute";

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="problem"/> is null.</exception>
    /// <exception cref="ArgumentException">The number of features to keep is not the widest model's.</exception>
    public FeatureMap Match(MatchingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ReadOnlySpan<int> widths = problem.Statistics.Widths;
        int merged = WidestWidth.Of(problem, Name);
        int anchor = widths.IndexOf(merged);
        int anchorOffset = 0;
        for (int m = 0; m < anchor; m++)
            anchorOffset += widths[m];

        var groups = new List<int>[merged];
        for (int p = 0; p < merged; p++)
            groups[p] = [anchorOffset + p];
        double[] deviations = problem.Statistics.ToDeviations();
        int offset = 0;
        for (int m = 0; m < widths.Length; offset += widths[m++])
        {
            if (m == anchor)
                continue;
            var costs = new Matrix(widths[m], merged);
            for (int j = 0; j < widths[m]; j++)
            {
                problem.Statistics.CorrelationRow(offset + j, anchorOffset, deviations, costs.Row(j));
                TensorPrimitives.Negate<double>(costs.Row(j), costs.Row(j));
            }

            int[] partners = LinearAssignment.Minimize(costs);
            for (int j = 0; j < widths[m]; j++)
                groups[partners[j]].Add(offset + j);
        }

        foreach (List<int> group in groups)
            group.Sort();
        return ReferenceQuirks.ToMap(widths, groups, Compatibility);
    }

    void IMatcher.Check(Zipper zipper) => WidestWidth.Check(zipper, Name);
}
