namespace ZipIt.Merging.Tests;

public sealed class TaskSharesTests
{
    [Theory]
    [InlineData(0.5, 0.5)]
    [InlineData(0.2, 0.8)]
    [InlineData(0.6, 0.3, 0.1)]
    public void Estimate_SeparateTasks_FindsTheirShares(params double[] shares)
    {
        double[] found = TaskShares.Estimate(Draw(shares, separation: 6));

        Assert.All(found.Zip(shares), pair => Assert.Equal(pair.Second, pair.First, 0.03));
    }

    [Fact]
    public void Estimate_ScoresOnAnotherScale_IsTheSame()
    {
        double[,] best = Draw([0.3, 0.7], separation: 3), scaled = (double[,])best.Clone();
        for (int i = 0; i < best.GetLength(0); i++)
            scaled[i, 1] = 40 * best[i, 1] - 7;

        Assert.All(TaskShares.Estimate(best).Zip(TaskShares.Estimate(scaled)), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    [Fact]
    public void Estimate_OverlappingTasks_ErrsTowardsEqualShares() =>
        Assert.InRange(TaskShares.Estimate(Draw([0.15, 0.85], separation: 1.5))[0], 0.15, 0.5);

    [Fact]
    public void Estimate_ConstantScores_TakesEqualShares() => Assert.Equal([0.5, 0.5], TaskShares.Estimate(new double[10, 2]));

    [Theory]
    [InlineData(0.5, 0.5)]
    [InlineData(0.9, 0.1)]
    [InlineData(0.2, 0.3, 0.5)]
    public void Match_AnyShares_EachTaskWinsItsShare(params double[] shares)
    {
        double[,] best = Draw([.. shares.Select(_ => 1.0 / shares.Length)], separation: 2);
        double[] offsets = TaskShares.Match(best, shares);
        var wins = new int[shares.Length];
        for (int i = 0; i < best.GetLength(0); i++)
            wins[Enumerable.Range(0, wins.Length).MaxBy(t => best[i, t] + offsets[t])]++;

        Assert.Equal(0, offsets.Sum(), 1e-9);
        Assert.All(wins.Zip(shares), pair => Assert.Equal(pair.Second, pair.First / 1000.0, 0.01));
    }

    /// <summary>Largest scores of 1,000 images: each task's are higher on its own images by a multiple of their deviation.</summary>
    private static double[,] Draw(double[] shares, double separation)
    {
        var random = new Random(1);
        var best = new double[1000, shares.Length];
        for (int i = 0; i < 1000; i++)
        {
            double place = (i + 0.5) / 1000;
            int own = 0;
            while (place > shares[own])
                place -= shares[own++];
            for (int t = 0; t < shares.Length; t++)
                best[i, t] = (t == own ? separation : 0) + Enumerable.Range(0, 12).Sum(_ => random.NextDouble()) - 6;
        }

        return best;
    }
}
