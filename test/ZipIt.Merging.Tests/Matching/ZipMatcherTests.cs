using ZipIt.Numerics;

namespace ZipIt.Merging.Tests.Matching;

public class ZipMatcherTests
{
    private static readonly double[] Alphas = [0, 1e-4, 0.1, 0.3, 0.7, 1];
    private static readonly double[] Betas = [0, 0.05, 0.125, 0.5, 0.8, 1];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    public void Match_RandomCorrelations_EqualsTheDefinition(int steps)
    {
        for (int seed = 0; seed < 1500; seed++)
        {
            var random = new Random(seed);
            int[] widths = [.. Enumerable.Range(0, random.Next(2, 5)).Select(_ => random.Next(1, 9))];
            int count = widths.Sum();
            int? merged = random.Next(3) == 0 ? random.Next(1, count + 1) : null;
            Check(random, widths, merged, steps, Alphas[random.Next(Alphas.Length)], Betas[random.Next(Betas.Length)], random.Next(4) == 0);
        }
    }

    [Theory]
    [InlineData(0.3, 0.125)]
    [InlineData(0, 1)]
    [InlineData(0.1, 0.8)]
    [InlineData(1, 1)]
    public void Match_WiderSpaces_EqualsTheDefinition(double alpha, double beta)
    {
        for (int seed = 0; seed < 4; seed++)
            Check(new Random(seed), [40, 40], null, seed % 2 * 5, alpha, beta, false);
    }

    [Fact]
    public void Match_NoWithinMergesAllowed_PairsModelsOnly()
    {
        MatchingProblem problem = Problems.FromCorrelation(Problems.RandomCorrelation(new Random(1), 24), [12, 12]);
        int[][] groups = Problems.Groups(new ZipMatcher { Alpha = 0, Beta = 0 }.Match(problem));
        Assert.All(groups, group => Assert.True(group is [< 12, >= 12]));
    }

    [Theory]
    [InlineData(0.125)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Match_Budget_IsRespected(double beta)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            // Strong ties within the models, weak ones between them: every merge would be within a model.
            Matrix correlation = Problems.RandomCorrelation(new Random(seed), 32);
            for (int i = 0; i < 32; i++)
            {
                for (int j = 0; j < 32; j++)
                    correlation[i, j] = i / 16 == j / 16 ? Math.Abs(correlation[i, j]) : -0.01 * Math.Abs(correlation[i, j]);
            }

            var within = new int[2];
            new ZipMatcher { Alpha = 0.5, Beta = beta }.Match(Problems.FromCorrelation(correlation, [16, 16]), step =>
            {
                if (step.RowOrigin == step.ColumnOrigin)
                    within[step.RowOrigin]++;
            });
            Assert.All(within, spent => Assert.True(spent <= (int)(8 * beta)));
        }
    }

    [Fact]
    public void Match_Compatibility_MergeWeightsCarryTheReferencesConstant()
    {
        MatchingProblem problem = Problems.FromCorrelation(Problems.RandomCorrelation(new Random(2), 16), [8, 8]);
        FeatureMap map = new ZipMatcher { Compatibility = true }.Match(problem);
        for (int p = 0; p < map.MergedCount; p++)
            Assert.Equal(1 / (map.MergeRow(p).Length + 1e-5), map.MergeRow(p)[0].Weight);
    }

    /// <summary>Steps that a transcription of the reference implementation takes where its masks at positions that are no longer current matter.</summary>
    [Theory]
    [InlineData(2, 5, 1, "0 3, 6 8, 3 5, 4 5, 0 5")]
    [InlineData(2, 6, 0.5, "0 3, 6 8, 3 9, 1 5, 4 5, 0 5")]
    [InlineData(3, 4, 1, "0 3, 6 8, 3 9, 1 5, 0 6, 4 6, 2 3, 0 3")]
    public void Match_CompatibilityWithZeroAlpha_TakesTheReferencesSteps(int models, int channels, double beta, string expected)
    {
        int count = models * channels;
        var correlation = new Matrix(count, count);
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
                correlation[i, j] = i == j ? 1 : (7 * (i + j) + 5 * i * j + i * i + j * j) % 31 / 31.0;
        }

        var steps = new List<ZipStep>();
        new ZipMatcher { Alpha = 0, Beta = beta, Compatibility = true }
            .Match(Problems.FromCorrelation(correlation, [.. Enumerable.Repeat(channels, models)]), steps.Add);
        Assert.Equal(expected, string.Join(", ", steps.Select(step => $"{step.Row} {step.Column}")));
    }

    [Fact]
    public void Match_NonFiniteCovariance_CountsAsUncorrelated()
    {
        Matrix correlation = Problems.RandomCorrelation(new Random(3), 12);
        correlation[2, 9] = correlation[9, 2] = double.NaN;
        correlation[4, 5] = correlation[5, 4] = double.PositiveInfinity;
        FeatureMap map = new ZipMatcher().Match(Problems.FromCorrelation(correlation, [6, 6]));
        correlation[2, 9] = correlation[9, 2] = correlation[4, 5] = correlation[5, 4] = 0;
        Assert.Equal(Problems.Describe(new ZipMatcher().Match(Problems.FromCorrelation(correlation, [6, 6]))), Problems.Describe(map));
    }

    [Fact]
    public void Match_EverythingTied_Ends()
    {
        var zeros = new Matrix(64, 64);
        Assert.Equal(32, new ZipMatcher().Match(Problems.FromCorrelation(zeros, [32, 32])).MergedCount);
    }

    [Fact]
    public void Alpha_OutOfRange_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ZipMatcher { Alpha = -0.1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ZipMatcher { Alpha = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ZipMatcher { Beta = 1.1 });
    }

    private static void Check(Random random, int[] widths, int? merged, int steps, double alpha, double beta, bool compatibility)
    {
        compatibility &= alpha > 0;
        Matrix correlation = Problems.RandomCorrelation(random, widths.Sum(), steps);
        MatchingProblem problem = Problems.FromCorrelation(correlation, widths, merged);
        List<ZipStep> expected = NaiveGreedy.Run(correlation, widths, problem.MergedCount, alpha, beta, compatibility, out int[][] groups);
        var actual = new List<ZipStep>();
        FeatureMap map = new ZipMatcher { Alpha = alpha, Beta = beta, Compatibility = compatibility }.Match(problem, actual.Add);
        string setting = $"α {alpha}, β {beta}, compatibility {compatibility}, widths {string.Join(' ', widths)}, merged {problem.MergedCount}";
        Assert.True(expected.Select(Describe).SequenceEqual(actual.Select(Describe)), setting);
        Assert.Equal(groups, Problems.Groups(map));
    }

    private static string Describe(ZipStep step) =>
        $"{step.Row} {step.Column} {step.RowOrigin} {step.ColumnOrigin} {string.Join(',', step.Budgets)} {step.Similarity + 0.0:R}";
}
