namespace ZipIt.Numerics.Tests;

public class LinearAssignmentTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Minimize_SmallProblems_EqualsBruteForce(int steps)
    {
        for (int seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            int rows = random.Next(1, 8), columns = random.Next(rows, 9);
            var costs = new Matrix(rows, columns);
            foreach (ref double cost in costs.Values)
                cost = steps == 0 ? random.NextDouble() - 0.5 : random.Next(steps + 1);
            int[] chosen = LinearAssignment.Minimize(costs);
            Assert.Equal(rows, chosen.Distinct().Count());
            Assert.Equal(Cheapest(costs, 0, 0), Total(costs, chosen), 1e-12);
        }
    }

    [Fact]
    public void Minimize_ShuffledIdentity_IsFound()
    {
        var random = new Random(7);
        int[] order = [.. Enumerable.Range(0, 200)];
        random.Shuffle(order);
        var costs = new Matrix(200, 200);
        foreach (ref double cost in costs.Values)
            cost = random.NextDouble();
        for (int i = 0; i < 200; i++)
            costs[i, order[i]] = -1;
        Assert.Equal(order, LinearAssignment.Minimize(costs));
    }

    [Fact]
    public void Minimize_WideProblem_IsNotImprovedByExchangingTwoRows()
    {
        var random = new Random(8);
        var costs = new Matrix(90, 120);
        foreach (ref double cost in costs.Values)
            cost = random.NextDouble();
        int[] chosen = LinearAssignment.Minimize(costs);
        Assert.Equal(90, chosen.Distinct().Count());
        for (int i = 0; i < 90; i++)
        {
            for (int k = 0; k < i; k++)
                Assert.True(costs[i, chosen[i]] + costs[k, chosen[k]] <= costs[i, chosen[k]] + costs[k, chosen[i]] + 1e-12);
            for (int j = 0; j < 120; j++)
                Assert.True(chosen.Contains(j) || costs[i, chosen[i]] <= costs[i, j] + 1e-12);
        }
    }

    [Fact]
    public void Minimize_MoreRowsThanColumns_Throws() => Assert.Throws<ArgumentException>(() => LinearAssignment.Minimize(new Matrix(3, 2)));

    private static double Total(Matrix costs, int[] chosen) => chosen.Select((column, row) => costs[row, column]).Sum();

    private static double Cheapest(Matrix costs, int row, int used)
    {
        if (row == costs.Rows)
            return 0;
        double cheapest = double.PositiveInfinity;
        for (int column = 0; column < costs.Columns; column++)
        {
            if ((used >> column & 1) == 0)
                cheapest = Math.Min(cheapest, costs[row, column] + Cheapest(costs, row + 1, used | 1 << column));
        }

        return cheapest;
    }
}
