using ZipIt.Numerics;

namespace ZipIt.Merging.Tests.Matching;

public class KMeansMatcherTests
{
    [Fact]
    public void Match_SameSeed_GivesTheSameGroups()
    {
        var problem = new MatchingProblem(Problems.RandomFeatures(new Random(1), [20, 20], 8, 0.3));
        Assert.Equal(Problems.Describe(new KMeansMatcher { Seed = 3 }.Match(problem)), Problems.Describe(new KMeansMatcher { Seed = 3 }.Match(problem)));
        Assert.NotEqual(
            Problems.Describe(new KMeansMatcher { Seed = 3, Restarts = 1 }.Match(problem)),
            Problems.Describe(new KMeansMatcher { Seed = 4, Restarts = 1 }.Match(problem)));
    }

    [Fact]
    public void Match_CopiesOfFewFeatures_AreGrouped()
    {
        FeatureStatistics source = Problems.RandomFeatures(new Random(2), [6], 6, 0.5);
        var covariance = new Matrix(24, 24);
        for (int i = 0; i < 24; i++)
        {
            for (int j = 0; j < 24; j++)
                covariance[i, j] = source.Covariance[i % 6, j % 6];
        }

        FeatureMap map = new KMeansMatcher().Match(new MatchingProblem(new FeatureStatistics([12, 12], 10, new double[24], covariance), 6));
        Assert.Equal("0 6 12 18 | 1 7 13 19 | 2 8 14 20 | 3 9 15 21 | 4 10 16 22 | 5 11 17 23", Problems.Describe(map));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(12)]
    public void Match_AllFeaturesAlike_LeavesNoGroupEmpty(int merged)
    {
        var ones = new Matrix(12, 12);
        ones.Values.Fill(1);
        Assert.Equal(merged, new KMeansMatcher().Match(Problems.FromCorrelation(ones, [6, 6], merged)).MergedCount);
        Assert.Equal(merged, new KMeansMatcher().Match(Problems.FromCorrelation(new Matrix(12, 12), [6, 6], merged)).MergedCount);
    }

    [Fact]
    public void Match_Converged_EveryFeatureIsNearestToItsOwnCentre()
    {
        var problem = new MatchingProblem(Problems.RandomFeatures(new Random(5), [15, 15], 6, 0.2), 8);
        int[][] groups = Problems.Groups(new KMeansMatcher { Restarts = 1 }.Match(problem));
        double[] Centre(int[] group) => [.. Enumerable.Range(0, 30).Select(k => group.Average(feature => problem.Correlation[feature, k]))];
        double Distance(int feature, double[] centre) => centre.Select((value, k) => Math.Pow(value - problem.Correlation[feature, k], 2)).Sum();
        double[][] centres = [.. groups.Select(Centre)];
        for (int g = 0; g < groups.Length; g++)
            Assert.All(groups[g], feature => Assert.All(centres, centre => Assert.True(Distance(feature, centres[g]) <= Distance(feature, centre) + 1e-9)));
    }

    [Fact]
    public void Restarts_LessThanOne_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new KMeansMatcher { Restarts = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new KMeansMatcher { MaximumIterations = 0 });
    }
}
