using ZipIt.TestFramework;

namespace ZipIt.Numerics.Tests;

public class RankUpdateTests
{
    public static TheoryData<int, int, int> Cases()
    {
        var data = new TheoryData<int, int, int>();
        for (int kernels = 0; kernels < KernelSet.Supported.Count; kernels++)
        {
            data.Add(kernels, 1, 1);
            data.Add(kernels, 7, 33);
            data.Add(kernels, 300, 64);
            data.Add(kernels, 513, 70);
            data.Add(kernels, RankUpdate.PassRows + 1, 40);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AddSymmetric_AnyShape_AgreesWithPlainLoops(int kernels, int rows, int columns)
    {
        float[] x = new NetworkGenerator(rows).DrawValues(rows * columns);
        var gram = new double[columns * columns];
        var sums = new double[columns];
        gram[0] = 5;
        RankUpdate.AddSymmetric(x, rows, columns, gram, sums, 2, KernelSet.Supported[kernels]);
        for (int i = 0; i < columns; i++)
        {
            Assert.Equal(Enumerable.Range(0, rows).Sum(r => (double)x[r * columns + i]), sums[i], 1e-3);
            for (int j = 0; j < columns; j++)
            {
                double expected = (i + j == 0 ? 5 : 0) + Enumerable.Range(0, rows).Sum(r => (double)x[r * columns + i] * x[r * columns + j]);
                Assert.Equal(j < i ? 0 : expected, gram[i * columns + j], 1e-3);
            }
        }
    }

    [Fact]
    public void AddSymmetric_OtherNumberOfThreads_GivesSameBits()
    {
        const int Rows = 1000, Columns = 100;
        float[] x = new NetworkGenerator(5).DrawValues(Rows * Columns);
        var one = new double[Columns * Columns];
        var four = new double[Columns * Columns];
        RankUpdate.AddSymmetric(x, Rows, Columns, one, [], 1);
        RankUpdate.AddSymmetric(x, Rows, Columns, four, [], 4);
        Assert.Equal(one, four);
    }

    [Fact]
    public void AddSymmetric_WithShift_SubtractsItAndLeavesOutWhatIsNotFinite()
    {
        const int Columns = 11;
        float[] x = new NetworkGenerator(6).DrawValues(2 * Columns);
        float[] shift = new NetworkGenerator(7).DrawValues(Columns);
        x[0] = float.NaN;
        x[Columns + 9] = float.PositiveInfinity;
        float[] expected = [.. x.Select((value, i) => (float.IsFinite(value) ? value : 0) - shift[i % Columns])];
        var gram = new double[Columns * Columns];
        var sums = new double[Columns];
        RankUpdate.AddSymmetric(x, 2, Columns, shift, gram, sums);
        for (int j = 0; j < Columns; j++)
        {
            Assert.Equal(expected[j] + expected[Columns + j], sums[j], 1e-5);
            Assert.Equal(expected[9] * expected[j] + expected[Columns + 9] * expected[Columns + j], gram[Math.Min(9, j) * Columns + Math.Max(9, j)], 1e-5);
        }
    }
}
