using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// The pairs with the largest sum of correlations, whether they join two models or stay within one: maximum-weight matching in the complete graph of all
/// features, solved exactly (the "optimal" alternative to the greedy matching in Stoica et al., <i>ZipIt!</i>, ICLR 2024, section 5.3).
/// </summary>
/// <remarks>
/// <para>
/// Where fewer than half of the features go, those pairs are chosen that sum up largest among all choices of as many disjoint pairs. Both cases are exact to
/// 10⁻¹² for each correlation. Time grows with the cube of the number of features at most.
/// </para>
/// <para>
/// Where more than half go (three models or more), groups of three and more are needed, and their best choice is not known to be computable in polynomial time
/// (it contains 3-dimensional matching; Karp 1972). Then groups are paired in rounds, each round exactly, two groups being as similar as their
/// members correlate on average.
/// </para>
/// </remarks>
public sealed record OptimalMatcher : IFeatureMatcher
{
    /// <summary>What a command line or a report says of the matcher.</summary>
    internal static MatcherDescription Description { get; } = MatcherDescription.Of(
        "optimal",
        "The pairs with the largest sum of correlations, between networks and within each, solved exactly.",
        "Stoica et al., ZipIt!, ICLR 2024, section 5.3",
        values => new OptimalMatcher { Compatibility = values.Switch("compatibility") },
        MatcherParameter.Switch("compatibility", "Uses the merge weights of ZipIt!'s authors' implementation."));

    /// <summary>
    /// Uses the merge weights 1/(|g| + 10⁻⁵) of the authors' implementation instead of 1/|g|. Default false.
    /// </summary>
    public bool Compatibility { get; init; }

    /// <inheritdoc/>
    public string Name => Compatibility ? "Optimal (as reference)" : "Optimal";

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="problem"/> is null.</exception>
    public FeatureMap Match(MatchingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        List<List<int>> groups = [.. Enumerable.Range(0, problem.Statistics.FeatureCount).Select(feature => new List<int> { feature })];
        Matrix sums = problem.Correlation; // of the correlations between the members of two groups
        while (groups.Count > problem.MergedCount)
        {
            int[] partners = BestPairs(Averages(sums, groups), groups.Count - Math.Max(problem.MergedCount, (groups.Count + 1) / 2));
            List<List<int>> parts = [];
            List<List<int>> merged = [];
            for (int g = 0; g < groups.Count; g++)
            {
                if (partners[g] >= 0 && partners[g] < g)
                    continue;
                parts.Add(partners[g] < 0 ? [g] : [g, partners[g]]);
                merged.Add(partners[g] < 0 ? groups[g] : [.. groups[g], .. groups[partners[g]]]);
            }

            sums = Merge(sums, parts);
            groups = merged;
        }

        int[][] sorted = [.. groups.Select(group => group.Order().ToArray())];
        return ReferenceQuirks.ToMap(problem.Statistics.Widths, sorted, Compatibility);
    }

    /// <summary>The given number of disjoint pairs with the largest sum of similarities.</summary>
    /// <returns>The partner of every item, or −1.</returns>
    private static int[] BestPairs(Matrix similarities, int pairs)
    {
        // A perfect matching with one more vertex for every item that stays alone: those can be matched with any item, at no weight, but not with each other.
        int count = similarities.Rows;
        int total = count + count - 2 * pairs;
        var weights = new Matrix(total, total);
        for (int i = 0; i < count; i++)
            similarities.Row(i).CopyTo(weights.Row(i));
        for (int i = count; i < total; i++)
            weights.Row(i)[count..].Fill(GeneralMatching.Forbidden);
        int[] partners = GeneralMatching.Maximize(weights);
        return [.. partners.Take(count).Select(partner => partner < count ? partner : -1)];
    }

    private static Matrix Averages(Matrix sums, List<List<int>> groups)
    {
        if (groups.TrueForAll(group => group.Count == 1))
            return sums;
        Matrix averages = sums.Clone();
        for (int i = 0; i < groups.Count; i++)
        {
            for (int j = 0; j < groups.Count; j++)
                averages[i, j] /= groups[i].Count * groups[j].Count;
        }

        return averages;
    }

    private static Matrix Merge(Matrix sums, List<List<int>> parts)
    {
        var merged = new Matrix(parts.Count, parts.Count);
        for (int i = 0; i < parts.Count; i++)
        {
            for (int j = 0; j < parts.Count; j++)
            {
                double sum = 0;
                foreach (int a in parts[i])
                {
                    foreach (int b in parts[j])
                        sum += sums[a, b];
                }

                merged[i, j] = sum;
            }
        }

        return merged;
    }
}
