using ZipIt.Numerics;

namespace ZipIt.Merging.Tests.Matching;

public class OptimalMatcherTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Maximize_SmallGraphs_EqualsBruteForce(int steps)
    {
        for (int seed = 0; seed < 600; seed++)
        {
            var random = new Random(seed);
            int count = 2 * random.Next(1, 6);
            Matrix weights = Problems.RandomCorrelation(random, count, steps);
            for (int k = random.Next(count * count / 3); k > 0; k--)
            {
                (int i, int j) = (random.Next(count), random.Next(count));
                weights[i, j] = weights[j, i] = GeneralMatching.Forbidden;
            }

            double best = Largest(weights, 0, count / 2);
            if (double.IsNegativeInfinity(best))
            {
                Assert.Throws<ArgumentException>(() => GeneralMatching.Maximize(weights));
                continue;
            }

            int[] partners = GeneralMatching.Maximize(weights);
            Assert.All(partners, (partner, v) => Assert.True(partner != v && partners[partner] == v));
            Assert.Equal(best, partners.Select((partner, v) => weights[v, partner]).Sum() / 2, 1e-10);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Match_SmallSpaces_EqualsBruteForce(int steps)
    {
        for (int seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            int count = random.Next(2, 11);
            int merged = random.Next((count + 1) / 2, count + 1);
            int first = random.Next(1, count);
            Matrix correlation = Problems.RandomCorrelation(random, count, steps);
            FeatureMap map = new OptimalMatcher().Match(Problems.FromCorrelation(correlation, [first, count - first], merged));
            Assert.Equal(merged, map.MergedCount);
            Assert.All(Problems.Groups(map), group => Assert.InRange(group.Length, 1, 2));
            Assert.Equal(Largest(correlation, 0, count - merged), Total(correlation, map), 1e-10);
        }
    }

    [Fact]
    public void Maximize_ManyNestedOddCycles_IsProvenOptimalByDisjointTriangles()
    {
        // Clusters of odd size force blossoms: inside weights are high, between clusters low, so that one vertex of each must leave.
        for (int seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            Matrix weights = Problems.RandomCorrelation(random, 10);
            for (int i = 0; i < 10; i++)
            {
                for (int j = 0; j < 10; j++)
                    weights[i, j] += i / 5 == j / 5 ? 10 + (i % 5 / 3 == j % 5 / 3 ? 5 : 0) : 0;
            }

            int[] partners = GeneralMatching.Maximize(weights);
            Assert.Equal(Largest(weights, 0, 5), partners.Select((partner, v) => weights[v, partner]).Sum() / 2, 1e-9);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Match_WiderSpaces_IsNeverBelowGreedyNorImprovedByExchanges(int steps)
    {
        for (int seed = 0; seed < 12; seed++)
        {
            Matrix correlation = Problems.RandomCorrelation(new Random(seed), 60, steps);
            MatchingProblem problem = Problems.FromCorrelation(correlation, [30, 30]);
            FeatureMap optimal = new OptimalMatcher().Match(problem);
            double total = Total(correlation, optimal);
            Assert.True(total >= Total(correlation, new ZipMatcher { Alpha = 0, Beta = 1 }.Match(problem)) - 1e-9);
            Assert.True(total >= Total(correlation, new PermutationMatcher().Match(problem)) - 1e-9);
            int[][] pairs = Problems.Groups(optimal);
            for (int p = 0; p < pairs.Length; p++)
            {
                for (int q = 0; q < p; q++)
                {
                    double now = correlation[pairs[p][0], pairs[p][1]] + correlation[pairs[q][0], pairs[q][1]];
                    Assert.True(now >= correlation[pairs[p][0], pairs[q][0]] + correlation[pairs[p][1], pairs[q][1]] - 1e-9);
                    Assert.True(now >= correlation[pairs[p][0], pairs[q][1]] + correlation[pairs[p][1], pairs[q][0]] - 1e-9);
                }
            }
        }
    }

    [Fact]
    public void Match_ReferenceSpaces_IsNeverBelowGreedyPairs()
    {
        foreach (int node in ReferenceData.Nodes)
        {
            MatchingProblem problem = ReferenceData.Problem(node);
            double optimal = Total(problem.Correlation, new OptimalMatcher().Match(problem));
            Assert.True(optimal >= Total(problem.Correlation, new ZipMatcher { Alpha = 0, Beta = 1 }.Match(problem)) - 1e-9);
            Assert.True(optimal >= Total(problem.Correlation, new PermutationMatcher().Match(problem)) - 1e-9);
        }
    }

    [Fact]
    public void Match_FourCopies_AreFoundInRounds()
    {
        FeatureStatistics source = Problems.RandomFeatures(new Random(3), [12], 6, 0.3);
        var covariance = new Matrix(48, 48);
        for (int i = 0; i < 48; i++)
        {
            for (int j = 0; j < 48; j++)
                covariance[i, j] = source.Covariance[i % 12, j % 12];
        }

        var problem = new MatchingProblem(new FeatureStatistics([12, 12, 12, 12], 10, new double[48], covariance));
        Assert.All(Problems.Groups(new OptimalMatcher().Match(problem)), group => Assert.Single(group.Select(feature => feature % 12).Distinct()));
    }

    [Fact]
    public void Match_ThreeModels_ReachesTheRequestedCount()
    {
        FeatureMap map = new OptimalMatcher().Match(new MatchingProblem(Problems.RandomFeatures(new Random(4), [7, 7, 7], 6, 0.3)));
        Assert.Equal(7, map.MergedCount);
        Assert.All(Problems.Groups(map), group => Assert.InRange(group.Length, 2, 4));
    }

    [Fact]
    public void Maximize_OddOrNotSquare_Throws()
    {
        Assert.Throws<ArgumentException>(() => GeneralMatching.Maximize(new Matrix(3, 3)));
        Assert.Throws<ArgumentException>(() => GeneralMatching.Maximize(new Matrix(2, 4)));
    }

    /// <summary>Sum of similarities of all pairs; groups of one count nothing.</summary>
    private static double Total(Matrix similarity, FeatureMap map) =>
        Problems.Groups(map).Sum(group => group.Length == 2 ? similarity[group[0], group[1]] : 0);

    /// <summary>The largest sum that so many disjoint pairs can have.</summary>
    private static double Largest(Matrix weights, int used, int pairs)
    {
        if (pairs == 0)
            return 0;
        int count = weights.Rows;
        int first = 0;
        while (first < count && (used >> first & 1) != 0)
            first++;
        if (first == count)
            return double.NegativeInfinity;
        int rest = count - System.Numerics.BitOperations.PopCount((uint)used);
        double best = rest > 2 * pairs ? Largest(weights, used | 1 << first, pairs) : double.NegativeInfinity;
        for (int v = first + 1; v < count; v++)
        {
            if ((used >> v & 1) == 0)
                best = Math.Max(best, weights[first, v] + Largest(weights, used | 1 << first | 1 << v, pairs - 1));
        }

        return best;
    }
}
