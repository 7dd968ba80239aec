using FsCheck;
using FsCheck.Fluent;
using ZipIt.Merging.Tests.Matching;
using ZipIt.Numerics;

namespace ZipIt.Merging.Tests.Reports;

public sealed class SpaceReportTests
{
    private static readonly IFeatureMatcher[] Matchers =
    [
        .. MatcherRegistry.All.Select(matcher => matcher.Create()).OfType<IFeatureMatcher>(),
        new ZipMatcher { Alpha = 1, Beta = 1 },
        new SelectionMatcher { Unmerge = SelectionUnmerge.StrongestCorrelation },
    ];

    [Fact]
    public void Of_AnyMatcher_IsWhatTheBestReconstructionLeaves()
    {
        foreach (IFeatureMatcher matcher in Matchers)
        {
            FeatureStatistics statistics = Problems.RandomFeatures(new Random(3), [9, 9], 8, 0.2);
            double[] importance = [.. Enumerable.Range(0, 18).Select(j => 0.5 + j % 4)];
            FeatureMap map = matcher.Match(new MatchingProblem(statistics, 9, importance));

            SpaceReport report = SpaceReport.Of("space", map, statistics, importance);

            double[] expected = Naive(map, statistics, importance);
            Assert.Equal(expected[0], report.UnexplainedOfMember[0], 1e-6);
            Assert.Equal(expected[1], report.UnexplainedOfMember[1], 1e-6);
            Assert.Equal(expected.Average(), report.Unexplained, 1e-6);
            Assert.InRange(report.Unexplained, 0.01, 0.9);
            Assert.Equal(9, report.MergesWithin.Sum() + report.MergesAcross);
            Assert.InRange(report.MeanCorrelation, report.MinimumCorrelation, 1);
            Assert.Equal([9, 9], report.WidthOfMember);
        }
    }

    [Fact]
    public void Of_Selection_AgreesWithTheSelectionsOwnResidual()
    {
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(4), [12, 10], 9, 0.3);
        double[] importance = [.. Enumerable.Range(0, 22).Select(j => 1.0 + j % 3)];

        SelectionResult selected = new SelectionMatcher().Select(new MatchingProblem(statistics, 11, importance));
        SpaceReport report = SpaceReport.Of("space", selected.Map, statistics, importance);

        Assert.Equal(selected.Unexplained, report.Unexplained, 1e-6);
        Assert.Equal(selected.UnexplainedOfModel[0], report.UnexplainedOfMember[0], 1e-6);
        Assert.Equal(selected.UnexplainedOfModel[1], report.UnexplainedOfMember[1], 1e-6);
    }

    [Fact]
    public void Of_TwiceTheSameMember_LosesNothing()
    {
        FeatureStatistics one = Problems.RandomFeatures(new Random(5), [8], 6, 0.2);
        var covariance = new Matrix(16, 16);
        for (int i = 0; i < 256; i++)
            covariance[i / 16, i % 16] = one.Covariance[i / 16 % 8, i % 8];
        var twice = new FeatureStatistics([8, 8], 100, new double[16], covariance);

        foreach (IFeatureMatcher matcher in Matchers)
        {
            SpaceReport report = SpaceReport.Of("space", matcher.Match(new MatchingProblem(twice)), twice);

            Assert.InRange(report.Unexplained, 0, 1e-6);
            Assert.Equal(8, report.MergesAcross);
            Assert.Equal(1, report.MinimumCorrelation, 1e-9);
        }
    }

    [Fact]
    public void Of_SelectionOfOneMember_CountsTheOthersFeaturesWhereTheyBelong()
    {
        // Features 0 and 1 are kept; 2 is nearest to 0, and 3 to 1.
        var covariance = new Matrix(4, 4, [1, 0, 0.9, 0.1, 0, 1, 0, 0.3, 0.9, 0, 1, 0, 0.1, 0.3, 0, 1]);
        var statistics = new FeatureStatistics([2, 2], 100, new double[4], covariance);
        var map = new FeatureMap([2, 2], [[new(0, 1)], [new(1, 1)]], [[new(0, 1)], [new(1, 1)], [], []]);

        SpaceReport report = SpaceReport.Of("space", map, statistics);

        Assert.Equal(2, report.MergesAcross);
        Assert.Equal(0.6, report.MeanCorrelation, 1e-9);
        Assert.Equal(0.3, report.MinimumCorrelation, 1e-9);
        Assert.Equal([0, (0.19 + 0.9) / 2], report.UnexplainedOfMember.Select(share => Math.Round(share, 6)));
    }

    [Fact]
    public void Of_DeadFeatures_AreCountedAndExplainNothing()
    {
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(6), [4, 4], 8, 0.1);
        for (int i = 0; i < 8; i++)
        {
            for (int j = 4; j < 8; j++)
                statistics.Covariance[i, j] = statistics.Covariance[j, i] = 0;
        }

        SpaceReport report = SpaceReport.Of("space", new IdentityMatcher().Match(new MatchingProblem(statistics)), statistics);

        Assert.Equal([0, 4], report.ConstantOfMember);
        Assert.Equal(0, report.UnexplainedOfMember[1]);
        Assert.Equal(0, report.Unexplained, 1e-6);
    }

    /// <summary>The share that is left does not depend on the scale of the merged features, nor on the number of threads.</summary>
    [Fact]
    public void Of_ScaledMerge_IsTheSame() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(30), Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
    {
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(seed), [6, 7], 5, 0.3);
        FeatureMap map = new ZipMatcher { Alpha = 0.5, Beta = 1 }.Match(new MatchingProblem(statistics));
        FeatureMap scaled = map.Reweigh([1, 1 + Math.Abs(seed % 5)]);

        SpaceReport report = SpaceReport.Of("space", map, statistics, threads: 1), again = SpaceReport.Of("space", map, statistics, threads: 3);
        return report.Unexplained == again.Unexplained && SpaceReport.Of("space", scaled, statistics).Unexplained is >= 0 and <= 1
            && report.Unexplained is >= 0 and <= 1;
    }));

    /// <summary>Per member the weighted trace of cov − C·G⁻¹·Cᵀ, by Gauss–Jordan elimination of the merged features from the joint covariance.</summary>
    private static double[] Naive(FeatureMap map, FeatureStatistics statistics, double[] importance)
    {
        int n = statistics.FeatureCount, k = map.MergedCount;
        var joint = new double[n + k, n + k];
        double M(int p, int j) => map.MergeRow(p).ToArray().Where(entry => entry.Index == j).Sum(entry => entry.Weight);
        double Row(int a, int j) => a < n ? statistics.Covariance[a, j] : Enumerable.Range(0, n).Sum(i => M(a - n, i) * statistics.Covariance[i, j]);
        for (int a = 0; a < n + k; a++)
        {
            for (int b = 0; b < n + k; b++)
                joint[a, b] = b < n ? Row(a, b) : Enumerable.Range(0, n).Sum(j => Row(a, j) * M(b - n, j));
        }

        for (int p = n; p < n + k; p++)
        {
            double pivot = joint[p, p];
            double[] row = [.. Enumerable.Range(0, n + k).Select(b => joint[p, b])], column = [.. Enumerable.Range(0, n + k).Select(a => joint[a, p])];
            for (int a = 0; a < n + k; a++)
            {
                for (int b = 0; b < n + k; b++)
                    joint[a, b] -= column[a] * row[b] / pivot;
            }
        }

        double Share(int from, int to) => Enumerable.Range(from, to - from).Sum(j => importance[j] * importance[j] * joint[j, j])
            / Enumerable.Range(from, to - from).Sum(j => importance[j] * importance[j] * statistics.Covariance[j, j]);
        return [Share(0, statistics.Widths[0]), Share(statistics.Widths[0], n)];
    }
}
