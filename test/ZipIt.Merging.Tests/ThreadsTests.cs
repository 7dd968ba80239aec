using ZipIt.Merging.Tests.Matching;
using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging.Tests;

/// <summary>
/// The number of threads that options ask for is kept everywhere, and changes no result. Helpers of the whole process are counted, so that nothing else may run
/// meanwhile.
/// </summary>
[Collection(nameof(RunsAloneCollection))]
public sealed class ThreadsTests
{
    public static TheoryData<IFeatureMatcher> Matchers => [new KMeansMatcher { Restarts = 1 }, new SelectionMatcher()];

    [Theory]
    [MemberData(nameof(Matchers))]
    public void Match_AnyNumberOfThreads_UsesThemAndGivesTheSame(IFeatureMatcher matcher)
    {
        // Wide enough for a selection to be split.
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(1), [270, 270], 40, 0.3);
        FeatureMap alone = CountHelpers(1, () => matcher.Match(new MatchingProblem(statistics, 100) { Threads = 1 }));
        FeatureMap together = CountHelpers(3, () => matcher.Match(new MatchingProblem(statistics, 100) { Threads = 3 }));

        AssertSame(alone, together);
    }

    [Fact]
    public void Match_WeightsAndAnyNumberOfThreads_UsesThemAndGivesTheSame()
    {
        ZipMember[] members = Members();
        IReadOnlyList<SpaceMap>[] maps = [.. new[] { 1, 3 }.Select(threads =>
        {
            var zipper = new Zipper(members, new ZipOptions { Threads = threads });
            return CountHelpers(threads, () => new WeightMatcher().Match(zipper));
        })];

        foreach ((SpaceMap alone, SpaceMap together) in maps[0].Zip(maps[1]))
            AssertSame(alone.Map, together.Map);
    }

    [Theory]
    [InlineData(ZipMethod.Best)]
    [InlineData(ZipMethod.Paper)]
    public void Zip_AnyNumberOfThreads_UsesThemAndGivesTheSame(ZipMethod method)
    {
        ZipMember[] members = Members();
        Network[] networks = [.. new[] { 1, 3 }.Select(threads =>
            CountHelpers(threads, () => new Zipper(members, ZipOptions.For(method) with { Threads = threads }).Zip(SmallNetworks.Images).Network))];

        for (int head = 0; head < members.Length; head++)
            Assert.Equal(SmallNetworks.Run(networks[0], head), SmallNetworks.Run(networks[1], head));
    }

    /// <summary>Does some work and checks that helpers took part only if it may have more than one thread.</summary>
    private static T CountHelpers<T>(int threads, Func<T> work)
    {
        long before = HelperPool.Shared.LoanCount;
        T result = work();
        if (threads == 1)
            Assert.Equal(before, HelperPool.Shared.LoanCount);
        else
            Assert.True(HelperPool.Shared.LoanCount > before, "No helper took part.");
        return result;
    }

    private static void AssertSame(FeatureMap expected, FeatureMap actual)
    {
        Assert.Equal(Enumerable.Range(0, expected.MergedCount).Select(p => expected.MergeRow(p).ToArray()),
            Enumerable.Range(0, actual.MergedCount).Select(p => actual.MergeRow(p).ToArray()));
        Assert.Equal(Enumerable.Range(0, expected.SourceCount).Select(j => expected.UnmergeRow(j).ToArray()),
            Enumerable.Range(0, actual.SourceCount).Select(j => actual.UnmergeRow(j).ToArray()));
    }

    private static ZipMember[] Members() => [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2))];
}
