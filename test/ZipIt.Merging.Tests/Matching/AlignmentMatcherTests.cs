using ZipIt.Numerics;

namespace ZipIt.Merging.Tests.Matching;

public class AlignmentMatcherTests
{
    [Fact]
    public void Identity_EqualWidths_AveragesFeatureByFeature()
    {
        FeatureMap map = new IdentityMatcher().Match(Problems.FromCorrelation(Problems.RandomCorrelation(new Random(1), 12), [4, 4, 4]));
        Assert.Equal("0 4 8 | 1 5 9 | 2 6 10 | 3 7 11", Problems.Describe(map));
        Assert.Equal(1.0 / 3, map.MergeRow(0)[0].Weight);
    }

    [Fact]
    public void Identity_UnequalWidths_AveragesWhatThereIs()
    {
        FeatureMap map = new IdentityMatcher().Match(Problems.FromCorrelation(Problems.RandomCorrelation(new Random(1), 5), [2, 3]));
        Assert.Equal("0 2 | 1 3 | 4", Problems.Describe(map));
    }

    [Fact]
    public void Identity_Compatibility_CarriesTheReferencesConstant()
    {
        FeatureMap map = new IdentityMatcher { Compatibility = true }.Match(Problems.FromCorrelation(Problems.RandomCorrelation(new Random(1), 8), [4, 4]));
        Assert.Equal(1 / 2.00001, map.MergeRow(0)[0].Weight);
    }

    [Fact]
    public void IdentityAndPermute_OtherNumberOfFeatures_Throw()
    {
        MatchingProblem problem = Problems.FromCorrelation(Problems.RandomCorrelation(new Random(1), 8), [4, 4], 5);
        Assert.Throws<ArgumentException>(() => new IdentityMatcher().Match(problem));
        Assert.Throws<ArgumentException>(() => new PermutationMatcher().Match(problem));
    }

    [Fact]
    public void Permute_ShuffledCopies_AreAlignedToModelZero()
    {
        var random = new Random(4);
        FeatureStatistics source = Problems.RandomFeatures(random, [20], 6, 0.2);
        int[] order = [.. Enumerable.Range(0, 60).Select(k => k % 20)];
        random.Shuffle(order.AsSpan(20, 20));
        random.Shuffle(order.AsSpan(40, 20));
        var covariance = new Matrix(60, 60);
        for (int i = 0; i < 60; i++)
        {
            for (int j = 0; j < 60; j++)
                covariance[i, j] = source.Covariance[order[i], order[j]];
        }

        FeatureMap map = new PermutationMatcher().Match(new MatchingProblem(new FeatureStatistics([20, 20, 20], 1000, new double[60], covariance)));
        Assert.All(Problems.Groups(map), (group, p) => Assert.Equal([p, p, p], group.Select(feature => order[feature])));
    }

    [Fact]
    public void Permute_NarrowerModels_GoIntoTheWidest()
    {
        Matrix correlation = Problems.RandomCorrelation(new Random(5), 11);
        int[][] groups = Problems.Groups(new PermutationMatcher().Match(Problems.FromCorrelation(correlation, [2, 5, 4])));
        Assert.Equal(5, groups.Length);
        Assert.All(groups, (group, p) => Assert.Contains(2 + p, group));
        Assert.Equal(11, groups.Sum(group => group.Length));
        Assert.All(groups, group => Assert.True(group.Count(feature => feature < 2) <= 1 && group.Count(feature => feature >= 7) <= 1));
    }
}
