using ZipIt.TestFramework;

namespace ZipIt.Numerics.Tests;

public class PanelProductsTests
{
    public static TheoryData<int, int, int> Cases()
    {
        var data = new TheoryData<int, int, int>();
        for (int kernels = 0; kernels < KernelSet.Supported.Count; kernels++)
        {
            data.Add(kernels, 1, 1);
            data.Add(kernels, 7, 33);
            data.Add(kernels, 64, 128);
            data.Add(kernels, 500, 300);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AddSymmetric_AnyShape_AgreesWithPlainLoops(int kernels, int rows, int columns)
    {
        float[] x = new NetworkGenerator(rows).DrawValues(rows * columns);
        var gram = new SymmetricTiles(columns);
        gram.Values[0] = 5;
        PanelProducts.AddSymmetric(Panels(x, rows, columns), gram, 2, KernelSet.Supported[kernels]);
        var values = new double[columns];
        for (int i = 0; i < columns; i++)
        {
            gram.CopyRow(i, values.AsSpan(0, i + 1));
            for (int j = 0; j <= i; j++)
            {
                double expected = (i + j == 0 ? 5 : 0) + Enumerable.Range(0, rows).Sum(r => (double)x[r * columns + i] * x[r * columns + j]);
                Assert.Equal(expected, gram[i, j], 1e-3);
                Assert.Equal(gram[i, j], values[j]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AddProduct_AnyShape_AgreesWithPlainLoops(int kernels, int rows, int columns)
    {
        const int Others = 37, Width = PanelMatrix.Width;
        float[] x = new NetworkGenerator(rows).DrawValues(rows * columns);
        float[] y = new NetworkGenerator(rows + 1).DrawValues(rows * Others);
        PanelMatrix left = Panels(x, rows, columns), right = Panels(y, rows, Others);
        var product = new double[left.PanelCount * right.PanelCount * Width * Width];
        PanelProducts.AddProduct(left, right, product, 2, KernelSet.Supported[kernels]);
        for (int i = 0; i < columns; i++)
        {
            for (int j = 0; j < Others; j++)
            {
                double expected = Enumerable.Range(0, rows).Sum(r => (double)x[r * columns + i] * y[r * Others + j]);
                Assert.Equal(expected, product[((i / Width * right.PanelCount + j / Width) * Width + i % Width) * Width + j % Width], 1e-3);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_AnyShape_AgreesWithPlainLoops(int kernels, int rows, int columns)
    {
        const int Outputs = 37;
        float[] x = new NetworkGenerator(rows).DrawValues(rows * columns);
        double[] weights = [.. new NetworkGenerator(rows + 1).DrawValues(Outputs * columns).Select(value => (double)value)];
        var result = new float[rows * Outputs];
        new PanelWeights(weights, Outputs, columns, KernelSet.Supported[kernels]).Multiply(Panels(x, rows, columns), result, 2);
        for (int row = 0; row < rows; row++)
        {
            for (int o = 0; o < Outputs; o++)
                Assert.Equal(Enumerable.Range(0, columns).Sum(c => x[row * columns + c] * weights[o * columns + c]), result[row * Outputs + o], 1e-3);
        }
    }

    [Fact]
    public void AllProducts_OtherNumberOfThreads_GiveSameBits()
    {
        const int Rows = 1000, Columns = 300, Outputs = 70;
        PanelMatrix x = Panels(new NetworkGenerator(5).DrawValues(Rows * Columns), Rows, Columns);
        PanelMatrix y = Panels(new NetworkGenerator(6).DrawValues(Rows * Outputs), Rows, Outputs);
        var weights = new PanelWeights([.. new NetworkGenerator(7).DrawValues(Outputs * Columns).Select(value => (double)value)], Outputs, Columns);
        (double[] Gram, double[] Product, float[] Result)[] all = [.. new[] { 1, 4 }.Select(threads =>
        {
            var gram = new SymmetricTiles(Columns);
            var product = new double[x.PanelCount * y.PanelCount * PanelMatrix.Width * PanelMatrix.Width];
            var result = new float[Rows * Outputs];
            PanelProducts.AddSymmetric(x, gram, threads);
            PanelProducts.AddProduct(x, y, product, threads);
            weights.Multiply(x, result, threads);
            return (gram.Values.ToArray(), product, result);
        })];
        Assert.Equal(all[0].Gram, all[1].Gram);
        Assert.Equal(all[0].Product, all[1].Product);
        Assert.Equal(all[0].Result, all[1].Result);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(255, 33)]
    [InlineData(600, 64)]
    public void CopyFrom_SeveralThreads_TakesEveryValueAndFillsWithZeros(int rows, int columns)
    {
        float[] values = new NetworkGenerator(rows).DrawValues(rows * columns);
        var panels = new PanelMatrix(rows, columns);
        panels.Memory.Span.Fill(7);
        panels.CopyFrom(values, 3);
        for (int panel = 0; panel < panels.PanelCount; panel++)
        {
            for (int row = 0; row < rows; row++)
            {
                for (int i = 0; i < PanelMatrix.Width; i++)
                {
                    int column = panel * PanelMatrix.Width + i;
                    Assert.Equal(column < columns ? values[row * columns + column] : 0, panels.Slice(panel, row)[i]);
                }
            }
        }
    }

    private static PanelMatrix Panels(float[] values, int rows, int columns)
    {
        var panels = new PanelMatrix(rows, columns);
        panels.CopyFrom(values);
        return panels;
    }
}
