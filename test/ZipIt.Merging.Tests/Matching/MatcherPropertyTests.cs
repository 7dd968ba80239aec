using FsCheck;
using FsCheck.Fluent;
using ZipIt.Numerics;

namespace ZipIt.Merging.Tests.Matching;

/// <summary>What every matcher promises, on generated problems.</summary>
public class MatcherPropertyTests
{
    private static readonly Config Cases = Config.QuickThrowOnFailure.WithMaxTest(150);

    public static TheoryData<IFeatureMatcher> GroupMatchers =>
    [
        new ZipMatcher(),
        new ZipMatcher { Alpha = 0, Beta = 0 },
        new ZipMatcher { Alpha = 0.1, Beta = 0.8 },
        new ZipMatcher { Alpha = 0, Compatibility = true },
        new IdentityMatcher(),
        new PermutationMatcher(),
        new KMeansMatcher { Restarts = 2 },
        new OptimalMatcher(),
    ];

    public static TheoryData<IFeatureMatcher> InvariantMatchers =>
    [
        new ZipMatcher(),
        new ZipMatcher { Alpha = 0, Beta = 0 },
        new ZipMatcher { Alpha = 0.1, Beta = 0.8 },
        new ZipMatcher { Compatibility = true },
        new OptimalMatcher(),
        new PermutationMatcher(),
    ];

    /// <summary>All of the library's that go by features: a new one is among them.</summary>
    public static TheoryData<IFeatureMatcher> AllMatchers => [.. MatcherRegistry.All.Select(matcher => matcher.Create()).OfType<IFeatureMatcher>()];

    [Theory]
    [MemberData(nameof(AllMatchers))]
    public void Match_Features_GivesTheWidthAskedForAndTheSameForAnyNumberOfThreads(IFeatureMatcher matcher)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            int[] widths = seed % 2 == 0 ? [12, 9] : [8, 12, 10];
            FeatureStatistics statistics = Problems.RandomFeatures(new Random(seed), widths, 10, 0.2);
            FeatureMap map = matcher.Match(new MatchingProblem(statistics) { Threads = 1 });

            Assert.Equal(12, map.MergedCount);
            Assert.Equal(widths, map.Widths.ToArray());
            for (int source = 0; source < map.SourceCount; source++)
                Assert.All(map.UnmergeRow(source).ToArray(), entry => Assert.True(double.IsFinite(entry.Weight)));
            for (int p = 0; p < map.MergedCount; p++)
                Assert.All(map.MergeRow(p).ToArray(), entry => Assert.True(entry.Weight > 0 && entry.Weight <= 1));
            Assert.Equal(Describe(map), Describe(matcher.Match(new MatchingProblem(statistics) { Threads = 3 })));
        }
    }

    [Theory]
    [MemberData(nameof(GroupMatchers))]
    public void Match_AnyProblem_MakesGroupsThatCoverEverySourceOnce(IFeatureMatcher matcher) => Check.One(Cases, Prop.ForAll(AnyProblem(), problem =>
    {
        FeatureMap map = matcher.Match(problem);
        int[] members = [.. Problems.Groups(map).SelectMany(group => group).Order()];
        return map.MergedCount == problem.MergedCount && members.SequenceEqual(Enumerable.Range(0, problem.Statistics.FeatureCount));
    }));

    [Theory]
    [MemberData(nameof(GroupMatchers))]
    public void Match_AnyProblem_RowsOfMSumToOneAndUUndoesM(IFeatureMatcher matcher) => Check.One(Cases, Prop.ForAll(AnyProblem(), problem =>
    {
        FeatureMap map = matcher.Match(problem);
        double tolerance = matcher is ZipMatcher { Compatibility: true } ? 2e-5 : 1e-12;
        for (int p = 0; p < map.MergedCount; p++)
        {
            var product = new double[map.MergedCount]; // row p of M·U
            double sum = 0;
            foreach (FeatureMap.Entry entry in map.MergeRow(p))
            {
                sum += entry.Weight;
                foreach (FeatureMap.Entry back in map.UnmergeRow(entry.Index))
                    product[back.Index] += entry.Weight * back.Weight;
            }

            product[p]--;
            if (Math.Abs(sum - 1) > tolerance || product.Any(value => Math.Abs(value) > tolerance))
                return false;
        }

        return true;
    }));

    [Theory]
    [MemberData(nameof(InvariantMatchers))]
    public void Match_FeaturesRelabelledWithinTheirModels_RelabelsTheGroups(IFeatureMatcher matcher) => Check.One(Cases, Prop.ForAll(AnyProblem(), problem =>
    {
        int count = problem.Statistics.FeatureCount;
        int[] order = [.. Enumerable.Range(0, count)];
        int offset = 0;
        foreach (int width in problem.Statistics.Widths)
        {
            new Random(count).Shuffle(order.AsSpan(offset, width));
            offset += width;
        }

        var shuffled = new Matrix(count, count);
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
                shuffled[i, j] = problem.Statistics.Covariance[order[i], order[j]];
        }

        FeatureMap map = matcher.Match(problem);
        FeatureMap other = matcher.Match(Problems.FromCorrelation(shuffled, problem.Statistics.Widths.ToArray(), problem.MergedCount));
        return AsSet(Problems.Groups(map)).SetEquals(AsSet(Problems.Groups(other).Select(group => group.Select(feature => order[feature]))));
    }));

    [Theory]
    [MemberData(nameof(AllMatchers))]
    public void Match_Twice_GivesTheSameMap(IFeatureMatcher matcher)
    {
        var problem = new MatchingProblem(Problems.RandomFeatures(new Random(1), [30, 30], 12, 0.2));
        Assert.Equal(Describe(matcher.Match(problem)), Describe(matcher.Match(problem)));
    }

    private static string Describe(FeatureMap map) =>
        string.Join('|', Enumerable.Range(0, map.MergedCount).Select(p => string.Join(' ', map.MergeRow(p).ToArray())))
        + string.Join('|', Enumerable.Range(0, map.SourceCount).Select(source => string.Join(' ', map.UnmergeRow(source).ToArray())));

    private static HashSet<string> AsSet(IEnumerable<IEnumerable<int>> groups) => [.. groups.Select(group => string.Join(' ', group.Order()))];

    /// <summary>Two to four models of unequal width (no ties), merged to the width of the widest.</summary>
    private static Arbitrary<MatchingProblem> AnyProblem()
    {
        Gen<MatchingProblem> problems =
            from widths in Gen.NonEmptyListOf(Gen.Choose(1, 9)).Where(list => list.Count is >= 2 and <= 4)
            from seed in Gen.Choose(0, int.MaxValue - 1)
            select Problems.FromCorrelation(Problems.RandomCorrelation(new Random(seed), widths.Sum()), [.. widths]);
        return Arb.From(problems);
    }
}
