using ZipIt.Numerics;

namespace ZipIt.Merging.Tests.Matching;

public class SelectionMatcherTests
{
    [Fact]
    public void Select_RandomFeatures_EqualsTheDefinition()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            int[] widths = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(3, 9))];
            FeatureStatistics statistics = Problems.RandomFeatures(random, widths, 12, 0.05);
            int merged = random.Next(1, widths.Sum() + 1);
            double[] importance = [.. Enumerable.Range(0, widths.Sum()).Select(_ => random.NextDouble() + 0.1)];
            SelectionResult result = new SelectionMatcher().Select(new MatchingProblem(statistics, merged, importance));
            (int[] order, double unexplained) = Naive(statistics, widths, merged, importance);
            Assert.Equal(order, result.Order);
            Assert.Equal(unexplained, result.Unexplained, 1e-9);
            Assert.Equal(order.Order(), result.Selected);
        }
    }

    [Fact]
    public void Select_WideSpace_EqualsTheDefinition()
    {
        // Wide enough for threads, and enough selections to pack the matrix together twice.
        int[] widths = [300, 240];
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(9), widths, 100, 0.5);
        double[] importance = [.. Enumerable.Repeat(1.0, 540)];
        SelectionResult result = new SelectionMatcher { Unmerge = SelectionUnmerge.StrongestCorrelation }.Select(new MatchingProblem(statistics, 130));
        (int[] order, double unexplained) = Naive(statistics, widths, 130, importance);
        Assert.Equal(order, result.Order);
        Assert.Equal(unexplained, result.Unexplained, 1e-9);
    }

    /// <summary>As many selections as are done together, one less, one more, and all there are.</summary>
    [Theory]
    [InlineData(ColumnSelection.Block - 1, 200)]
    [InlineData(ColumnSelection.Block, 200)]
    [InlineData(ColumnSelection.Block + 1, 200)]
    [InlineData(2 * ColumnSelection.Block, 2 * ColumnSelection.Block)]
    public void Select_WholeBlocks_EqualsTheDefinition(int merged, int count)
    {
        int[] widths = [count / 2, count - count / 2];
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(merged), widths, 150, 0.2);
        SelectionResult result = new SelectionMatcher { Unmerge = SelectionUnmerge.StrongestCorrelation }.Select(new MatchingProblem(statistics, merged));
        (int[] order, double unexplained) = Naive(statistics, widths, merged, [.. Enumerable.Repeat(1.0, count)]);
        Assert.Equal(order, result.Order);
        Assert.Equal(unexplained, result.Unexplained, 1e-9);
    }

    /// <summary>Each factor is a third of the one before: soon the sums of squares are smaller than what the first ones were rounded by.</summary>
    [Fact]
    public void Select_SteepSpectrum_EqualsTheDefinition()
    {
        int[] widths = [30, 30];
        var random = new Random(4);
        var covariance = new Matrix(60, 60);
        for (int f = 0; f < 24; f++)
        {
            double[] loading = [.. Enumerable.Range(0, 60).Select(_ => Math.Pow(3, -f) * (2 * random.NextDouble() - 1))];
            for (int i = 0; i < 60; i++)
            {
                for (int j = 0; j < 60; j++)
                    covariance[i, j] += loading[i] * loading[j];
            }
        }

        var statistics = new FeatureStatistics(widths, 1000, new double[60], covariance);
        SelectionResult result = new SelectionMatcher { Unmerge = SelectionUnmerge.StrongestCorrelation }.Select(new MatchingProblem(statistics, 10));
        (int[] order, _) = Naive(statistics, widths, 10, [.. Enumerable.Repeat(1.0, 60)]);
        Assert.Equal(order, result.Order);
    }

    [Fact]
    public void Select_EqualFeatures_KeepsTheFirstOfThem()
    {
        // The second network is the first one again.
        FeatureStatistics half = Problems.RandomFeatures(new Random(5), [40], 60, 0.3);
        var covariance = new Matrix(80, 80);
        for (int i = 0; i < 80; i++)
        {
            for (int j = 0; j < 80; j++)
                covariance[i, j] = half.Covariance[i % 40, j % 40];
        }

        var statistics = new FeatureStatistics([40, 40], 1000, new double[80], covariance);
        SelectionResult result = new SelectionMatcher().Select(new MatchingProblem(statistics, 40));
        Assert.Equal(Enumerable.Range(0, 40), result.Selected.Select(j => j % 40).Order());
        Assert.True(result.Order[0] < 40);
        Assert.Equal(0, result.Unexplained, 1e-9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Select_MoreThreads_SelectTheSame(int threads)
    {
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(6), [150, 150], 80, 0.4);
        SelectionResult result = new SelectionMatcher().Select(new MatchingProblem(statistics, 150) { Threads = threads });
        SelectionResult four = new SelectionMatcher().Select(new MatchingProblem(statistics, 150) { Threads = 4 });
        Assert.Equal(four.Order, result.Order);
        Assert.Equal(four.UnexplainedAfter, result.UnexplainedAfter);
    }

    [Fact]
    public void Select_AnyProblem_KeepsSelectedFeaturesAndCoversTheRest()
    {
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(1), [10, 6, 8], 9, 0.3);
        SelectionResult result = new SelectionMatcher().Select(new MatchingProblem(statistics, 11));
        Assert.Equal(11, result.Map.MergedCount);
        Assert.Equal(11, result.Selected.Distinct().Count());
        for (int p = 0; p < 11; p++)
        {
            Assert.Equal([new FeatureMap.Entry(result.Selected[p], 1)], result.Map.MergeRow(p).ToArray());
            Assert.Equal([new FeatureMap.Entry(p, 1)], result.Map.UnmergeRow(result.Selected[p]).ToArray());
        }

        Assert.All(Enumerable.Range(0, 24).Except(result.Selected), j => Assert.Equal(11, result.Map.UnmergeRow(j).Length));
        Assert.Equal(result.UnexplainedAfter.OrderDescending(), result.UnexplainedAfter);
        Assert.Equal(result.Unexplained, result.UnexplainedAfter[^1]);
    }

    /// <summary>A constant feature's variance is what rounding has left; what it seems to correlate with is chance.</summary>
    [Fact]
    public void Select_FeatureOfRoundingAlone_IsNeitherKeptNorRead()
    {
        FeatureStatistics plain = Problems.RandomFeatures(new Random(2), [6, 6], 9, 0.3);
        Matrix covariance = plain.Covariance.Clone();
        for (int j = 0; j < 12; j++)
            covariance[0, j] = covariance[j, 0] = j == 0 ? 1e-14 : 2e-7 * Math.Sqrt(covariance[j, j]);
        double[] mean = [.. plain.Mean];
        mean[0] = 5;
        SelectionResult result = new SelectionMatcher().Select(new MatchingProblem(new FeatureStatistics([6, 6], 1000, mean, covariance), 6));

        Assert.DoesNotContain(0, result.Selected);
        for (int j = 0; j < 12; j++)
            Assert.All(result.Map.UnmergeRow(j).ToArray(), entry => Assert.InRange(entry.Weight, -50, 50));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    public void Select_RankUpToMergedCount_ReconstructsExactly(int merged)
    {
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(2), [8, 8], 5, 0);
        SelectionResult result = new SelectionMatcher { Ridge = 1e-12 }.Select(new MatchingProblem(statistics, merged));
        Assert.Equal(0, result.Unexplained, 1e-10);
        Assert.All(result.UnexplainedOfModel, fraction => Assert.Equal(0, fraction, 1e-10));
        Assert.Equal(merged, result.Selected.Distinct().Count());
        Assert.Equal(0, ReconstructionError(statistics, result.Map), 1e-6);
    }

    [Fact]
    public void Select_LeastSquares_LeavesWhatTheResidualSays()
    {
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(3), [12, 12], 10, 0.1);
        SelectionResult result = new SelectionMatcher { Ridge = 0, Balance = 0 }.Select(new MatchingProblem(statistics));
        Assert.Equal(result.Unexplained, ReconstructionError(statistics, result.Map), 1e-9);
    }

    [Fact]
    public void Select_ModelWithMoreDemand_KeepsMoreOfItsFeatures()
    {
        // Independent features of one variance: equal demands share the places.
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(3), [10, 10], 20, 0.01);
        int[] kept = [.. new double[][] { [1, 1], [10, 100] }.Select(demands =>
            new SelectionMatcher().Select(new MatchingProblem(statistics, 10) { Demands = demands }).Selected.Count(feature => feature >= 10))];

        Assert.InRange(kept[0], 3, 7);
        Assert.True(kept[1] > kept[0], $"{kept[1]} after {kept[0]}");
    }

    [Fact]
    public void Select_EqualDemands_ChangesNothing()
    {
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(4), [7, 9], 12, 0.05);

        Assert.Equal(
            new SelectionMatcher().Select(new MatchingProblem(statistics, 8)).Order,
            new SelectionMatcher().Select(new MatchingProblem(statistics, 8) { Demands = [7, 7] }).Order);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Select_DemandThatIsNone_Throws(double demand)
    {
        var problem = new MatchingProblem(Problems.RandomFeatures(new Random(4), [4, 4], 8, 0.05)) { Demands = [1, demand] };

        Assert.Contains("demand", Assert.Throws<ArgumentException>(() => new SelectionMatcher().Select(problem)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Select_WeakModel_IsNotStarvedWhenBalanced()
    {
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(4), [10, 10], 20, 0.1);
        for (int i = 0; i < 20; i++)
        {
            for (int j = 0; j < 20; j++)
                statistics.Covariance[i, j] *= (i < 10 ? 1 : 1e-3) * (j < 10 ? 1 : 1e-3);
        }

        var problem = new MatchingProblem(statistics);
        SelectionResult balanced = new SelectionMatcher().Select(problem), free = new SelectionMatcher { Balance = 0 }.Select(problem);
        Assert.InRange(balanced.Selected.Count(j => j >= 10), 3, 7);
        Assert.Equal(0, free.Selected.Count(j => j >= 10));
        SelectionResult share = new SelectionMatcher { Balance = 0, MinimumShare = 0.6 }.Select(problem);
        Assert.Equal(3, share.Selected.Count(j => j >= 10));
    }

    [Fact]
    public void Select_Importance_DecidesBetweenEqualFeatures()
    {
        var identity = new Matrix(4, 4, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
        var statistics = new FeatureStatistics([2, 2], 10, new double[4], identity);
        Assert.Equal([1, 2], new SelectionMatcher().Select(new MatchingProblem(statistics, 2, [1, 2, 3, 1])).Selected);
        Assert.Throws<ArgumentException>(() => new SelectionMatcher().Select(new MatchingProblem(statistics, 2, [1, 2, -3, 1])));
    }

    [Fact]
    public void Select_DeadFeatures_AreSelectedLastAndGivenBackAsNothing()
    {
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(5), [4, 4], 8, 0.1);
        for (int k = 0; k < 8; k++)
            statistics.Covariance[2, k] = statistics.Covariance[k, 2] = 0;
        Assert.Equal(0, new SelectionMatcher().Select(new MatchingProblem(statistics, 6)).Map.UnmergeRow(2).Length);
        Assert.Equal(2, new SelectionMatcher().Select(new MatchingProblem(statistics, 8)).Order[^1]);
        var nothing = new FeatureStatistics([2, 2], 10, new double[4], new Matrix(4, 4));
        Assert.Equal([0, 1], new SelectionMatcher().Select(new MatchingProblem(nothing)).Selected);
    }

    [Fact]
    public void Match_StrongestCorrelation_CopiesTheMostSimilarSelected()
    {
        FeatureStatistics statistics = Problems.RandomFeatures(new Random(6), [9, 9], 6, 0.2);
        var problem = new MatchingProblem(statistics);
        FeatureMap map = new SelectionMatcher { Unmerge = SelectionUnmerge.StrongestCorrelation }.Match(problem);
        for (int j = 0; j < 18; j++)
        {
            FeatureMap.Entry entry = Assert.Single(map.UnmergeRow(j).ToArray());
            Assert.Equal(1, entry.Weight);
            for (int p = 0; p < map.MergedCount; p++)
            {
                Assert.True(problem.Correlation[j, map.MergeRow(p)[0].Index] <= problem.Correlation[j, map.MergeRow(entry.Index)[0].Index] + 1e-12);
            }
        }
    }

    [Fact]
    public void Select_ReferenceSpaces_LeavesLessThanAveragingPairs()
    {
        foreach (int node in ReferenceData.Nodes)
        {
            MatchingProblem problem = ReferenceData.Problem(node);
            double selected = ReconstructionError(problem.Statistics, new SelectionMatcher().Match(problem));
            double zipped = ReconstructionError(problem.Statistics, new ZipMatcher().Match(problem));
            Assert.True(selected < zipped, $"Node {node}: {selected} against {zipped}.");
        }
    }

    /// <summary>E‖f − U·M·f‖² / E‖f‖², without means.</summary>
    private static double ReconstructionError(FeatureStatistics statistics, FeatureMap map)
    {
        int count = statistics.FeatureCount;
        double error = 0, all = 0;
        for (int j = 0; j < count; j++)
        {
            var row = new double[count];
            row[j] = 1;
            foreach (FeatureMap.Entry unmerge in map.UnmergeRow(j))
            {
                foreach (FeatureMap.Entry merge in map.MergeRow(unmerge.Index))
                    row[merge.Index] -= unmerge.Weight * merge.Weight;
            }

            for (int a = 0; a < count; a++)
            {
                for (int b = 0; b < count && row[a] != 0; b++)
                    error += row[a] * row[b] * statistics.Covariance[a, b];
            }

            all += statistics.Covariance[j, j];
        }

        return error / all;
    }

    private static (int[] Order, double Unexplained) Naive(FeatureStatistics statistics, int[] widths, int merged, double[] importance)
    {
        int count = statistics.FeatureCount;
        int[] model = [.. Enumerable.Range(0, widths.Length).SelectMany(m => Enumerable.Repeat(m, widths[m]))];
        var r = new double[count, count];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
                r[i, j] = importance[i] * importance[j] * statistics.Covariance[i, j];
        }

        double[] traces = [.. widths.Select((_, m) => Enumerable.Range(0, count).Where(j => model[j] == m).Sum(j => r[j, j]))];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
                r[i, j] /= Math.Sqrt(traces[model[i]] * traces[model[j]]);
        }

        var order = new List<int>();
        var column = new double[count];
        while (order.Count < merged)
        {
            var gains = new double[count];
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < count; j++)
                    gains[j] += r[i, j] * r[i, j] / r[j, j];
            }

            int best = Enumerable.Range(0, count).Except(order).MaxBy(j => gains[j]);
            order.Add(best);
            for (int i = 0; i < count; i++)
                column[i] = r[i, best];
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < count; j++)
                    r[i, j] -= column[i] * column[j] / column[best];
            }
        }

        return ([.. order], Enumerable.Range(0, count).Sum(j => r[j, j]) / widths.Length);
    }
}
