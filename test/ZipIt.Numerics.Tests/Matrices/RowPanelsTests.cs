namespace ZipIt.Numerics.Tests;

public class RowPanelsTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 3)]
    [InlineData(11, 2)]
    [InlineData(12, 9)]
    [InlineData(13, 5)]
    [InlineData(24, 1)]
    [InlineData(25, 7)]
    [InlineData(191, 4)]
    [InlineData(192, 3)]
    [InlineData(193, 6)]
    [InlineData(401, 2)]
    public void AddToLower_AnySize_EqualsTheNaiveProduct(int size, int depth)
    {
        foreach (int lanes in (int[])[4, 8])
        {
            var random = new Random(size);
            const int Spare = 2; // columns of the panels that are not multiplied
            double[][] a = Draw(random, depth + Spare, size), b = Draw(random, depth + Spare, size);
            int stride = size + 3;
            double[] start = Draw(random, 1, size * stride)[0], result = [.. start];
            RowPanels.AddToLower(Pack(a, lanes), Pack(b, lanes), depth, -0.5, result, stride, 2);
            for (int i = 0; i < size; i++)
            {
                for (int j = 0; j <= i; j++)
                {
                    double sum = Enumerable.Range(0, depth).Sum(k => a[k][i] * b[k][j]);
                    Assert.Equal(start[i * stride + j] - 0.5 * sum, result[i * stride + j], 1e-12);
                }

                Assert.Equal(start[(i * stride + size)..((i + 1) * stride)], result[(i * stride + size)..((i + 1) * stride)]);
            }
        }
    }

    [Fact]
    public void AddToLower_OneAndFourThreads_GiveTheSameBits()
    {
        const int Size = 500;
        RowPanels a = Pack(Draw(new Random(1), 40, Size), 0);
        double[] one = new double[Size * Size], four = new double[Size * Size];
        RowPanels.AddToLower(a, a, 40, 1, one, Size, 1);
        RowPanels.AddToLower(a, a, 40, 1, four, Size, 4);
        Assert.Equal(one, four);
    }

    private static double[][] Draw(Random random, int count, int length) =>
        [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, length).Select(_ => 2 * random.NextDouble() - 1).ToArray())];

    private static RowPanels Pack(double[][] columns, int lanes)
    {
        var panels = new RowPanels(columns[0].Length, columns.Length, lanes);
        for (int k = 0; k < columns.Length; k++)
            panels.SetColumn(k, columns[k]);
        return panels;
    }
}
