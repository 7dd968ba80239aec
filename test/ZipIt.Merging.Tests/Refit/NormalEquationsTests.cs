using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging.Tests;

public sealed class NormalEquationsTests
{
    [Fact]
    public void Solve_LinearMap_IsFound()
    {
        var random = new Random(3);
        const int Columns = 7, Outputs = 3, Rows = 500;
        var weights = new Matrix(Outputs, Columns);
        foreach (ref double value in weights.Values)
            value = random.NextDouble() - 0.5;
        (float[] x, float[] y) = Data(random, weights, Rows);
        using var pool = new BufferPool();
        using var equations = new NormalEquations(Columns, Outputs, 1, pool);
        DenseDesign rows = Design(x, Columns);
        equations.AddRows(rows);
        equations.AddResiduals(rows, y);

        var zero = new Matrix(Outputs, Columns);
        Matrix solution = equations.Solve(equations.Factor(0), 0, zero, zero);

        for (int i = 0; i < weights.Values.Length; i++)
            Assert.Equal(weights.Values[i], solution.Values[i], 1e-3);
        Assert.True(equations.Energy + equations.ErrorChange(solution) < 1e-6 * equations.Energy);
    }

    [Fact]
    public void Solve_WithRidge_FulfilsTheNaiveNormalEquations()
    {
        var random = new Random(4);
        const int Columns = 5, Outputs = 2, Rows = 40;
        const double Ridge = 2.5;
        Matrix prior = Random(random, Outputs, Columns), weights = Random(random, Outputs, Columns);
        (float[] x, float[] residuals) = Data(random, Random(random, Outputs, Columns), Rows);
        using var pool = new BufferPool();
        using var equations = new NormalEquations(Columns, Outputs, 1, pool);
        DenseDesign rows = Design(x, Columns);
        equations.AddRows(rows);
        equations.AddResiduals(rows, residuals);
        Matrix step = equations.Solve(equations.Factor(Ridge), Ridge, weights, prior);

        for (int o = 0; o < Outputs; o++)
        {
            for (int j = 0; j < Columns; j++)
            {
                // Gradient of Σ‖r − Δx‖² + λ‖W + Δ − W₀‖² (the intercept is free).
                double gradient = j < Columns - 1 ? Ridge * (weights[o, j] + step[o, j] - prior[o, j]) : 0;
                for (int row = 0; row < Rows; row++)
                {
                    double prediction = 0;
                    for (int k = 0; k < Columns; k++)
                        prediction += step[o, k] * x[row * Columns + k];
                    gradient += (prediction - residuals[row * Outputs + o]) * x[row * Columns + j];
                }

                Assert.Equal(0, gradient, 1e-3);
            }
        }
    }

    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 40)]
    [InlineData(3, 40)]
    [InlineData(7, 40)]
    [InlineData(1, 31)]
    [InlineData(1, 32)]
    [InlineData(2, 33)]
    [InlineData(2, 64)]
    [InlineData(1, 70)]
    public void Solve_SomeOutputs_GivesTheirRowsAndTheirPartOfTheError(int every, int columns)
    {
        var random = new Random(6);
        const int Outputs = 7, Rows = 90;
        const double Ridge = 1.5;
        Matrix prior = Random(random, Outputs, columns), weights = Random(random, Outputs, columns);
        (float[] x, float[] residuals) = Data(random, Random(random, Outputs, columns), Rows);
        using var pool = new BufferPool();
        using var equations = new NormalEquations(columns, Outputs, 1, pool);
        DenseDesign rows = Design(x, columns);
        equations.AddRows(rows);
        equations.AddResiduals(rows, residuals);
        Cholesky factor = equations.Factor(Ridge);

        Matrix all = equations.Solve(factor, Ridge, weights, prior), some = equations.Solve(factor, Ridge, weights, prior, every);

        Assert.Equal((Outputs + every - 1) / every, some.Rows);
        double change = 0;
        for (int i = 0; i < some.Rows; i++)
        {
            int o = i * every;
            Assert.Equal(all.Row(o).ToArray(), some.Row(i).ToArray(), (a, b) => Math.Abs(a - b) < 1e-9);
            for (int row = 0; row < Rows; row++)
            {
                double left = residuals[row * Outputs + o];
                change -= left * left;
                for (int j = 0; j < columns; j++)
                    left -= all[o, j] * x[row * columns + j];
                change += left * left;
            }
        }

        Assert.Equal(1, equations.ErrorChange(some, every) / change, 1e-3);
    }

    [Fact]
    public void Solve_RidgeByVariance_DoesNotDependOnTheColumnsScales()
    {
        var random = new Random(5);
        const int Columns = 4, Outputs = 2, Rows = 60;
        const double Ridge = 0.3;
        float[] scales = [1, 20, 0.1f, 1];
        (float[] x, float[] y) = Data(random, Random(random, Outputs, Columns), Rows);
        Matrix plain = SolveFor(x), scaled = SolveFor([.. x.Select((value, i) => value * scales[i % Columns])]);

        for (int o = 0; o < Outputs; o++)
        {
            for (int j = 0; j < Columns; j++)
                Assert.Equal(plain[o, j], scaled[o, j] * scales[j], 1e-4);
        }

        Matrix SolveFor(float[] columns)
        {
            using var pool = new BufferPool();
            using var equations = new NormalEquations(Columns, Outputs, 1, pool) { PenalizesByVariance = true };
            DenseDesign rows = Design(columns, Columns);
            equations.AddRows(rows);
            equations.AddResiduals(rows, y);
            double ridge = Ridge * equations.MeanSquare();
            var zero = new Matrix(Outputs, Columns);
            return equations.Solve(equations.Factor(ridge), ridge, zero, zero);
        }
    }

    [Fact]
    public void Factor_SingularMatrix_FallsBackToALargerRidge()
    {
        using var pool = new BufferPool();
        using var equations = new NormalEquations(4, 1, 1, pool);
        DenseDesign x = Design([1, 1, 2, 1, 2, 2, 4, 1, 3, 3, 6, 1], 4);
        equations.AddRows(x);
        equations.AddResiduals(x, [1, 2, 3]);
        var zero = new Matrix(1, 4);
        Matrix solution = equations.Solve(equations.Factor(0), 0, zero, zero);

        Assert.All(solution.Values.ToArray(), value => Assert.True(double.IsFinite(value)));
        Assert.True(equations.Energy + equations.ErrorChange(solution) < 1e-3);
    }

    [Theory]
    [InlineData(3, 1, 1, 1, 1)]
    [InlineData(3, 2, 1, 1, 2)]
    [InlineData(3, 1, 2, 2, 4)]
    [InlineData(1, 2, 0, 1, 1)]
    public void PatchColumns_TimesWeights_IsTheConvolution(int kernel, int stride, int padding, int dilation, int groups)
    {
        const int Channels = 4, Extent = 7, Outputs = 8;
        var random = new Random(5);
        var weight = new Tensor(Outputs, Channels / groups, kernel, kernel);
        foreach (ref float value in weight.Span)
            value = random.NextSingle() - 0.5f;
        var conv = new Conv2d(weight, null, stride, padding, dilation, groups);
        var node = new Node("conv", conv, new Node("image", new Input(Channels, Extent, Extent)));
        var network = new Network(new Head("map", node));
        float[] image = [.. Enumerable.Range(0, Channels * Extent * Extent).Select(_ => random.NextSingle() - 0.5f)];
        using INetworkSession session = new TestFramework.NaiveEngine().CreateSession(network, new SessionOptions { ChannelsLastInputs = true });
        session.Run(image, 1);
        float[] expected = session.GetOutput(0).ToArray();
        int width = network.ShapeOf(node)[2], outputsOfGroup = Outputs / groups, taps = kernel * kernel;

        // The columns begin in the middle of a panel, as those of a sum's second layer do.
        const int FirstColumn = 29;
        int[] pixels = [.. Enumerable.Range(0, expected.Length / Outputs)];
        for (int i = 0; i < expected.Length; i++)
        {
            (int pixel, int output) = Math.DivRem(i, Outputs);
            var columns = new PatchColumns(conv, [Channels, Extent, Extent], output / outputsOfGroup, groups);
            var rows = new PanelMatrix(pixels.Length, FirstColumn + columns.Count);
            columns.Write(image, pixels, width, rows, 0, FirstColumn);
            double sum = 0;
            for (int c = 0; c < columns.Channels; c++)
            {
                for (int t = 0; t < taps; t++)
                {
                    (int panel, int offset) = Math.DivRem(FirstColumn + t * columns.Channels + c, PanelMatrix.Width);
                    sum += rows.Slice(panel, pixel)[offset] * (double)weight.Span[(output * columns.Channels + c) * taps + t];
                }
            }

            Assert.Equal(expected[i], sum, 1e-5);
        }
    }

    private static DenseDesign Design(float[] values, int columns)
    {
        var panels = new PanelMatrix(values.Length / columns, columns);
        panels.CopyFrom(values);
        return new DenseDesign(panels);
    }

    private static Matrix Random(Random random, int rows, int columns)
    {
        var matrix = new Matrix(rows, columns);
        foreach (ref double value in matrix.Values)
            value = random.NextDouble() - 0.5;
        return matrix;
    }

    private static (float[] X, float[] Y) Data(Random random, Matrix weights, int rows)
    {
        int columns = weights.Columns;
        var x = new float[rows * columns];
        var y = new float[rows * weights.Rows];
        for (int row = 0; row < rows; row++)
        {
            for (int j = 0; j < columns; j++)
                x[row * columns + j] = j == columns - 1 ? 1 : random.NextSingle() * 2 + j;
            for (int o = 0; o < weights.Rows; o++)
            {
                for (int j = 0; j < columns; j++)
                    y[row * weights.Rows + o] += (float)(weights[o, j] * x[row * columns + j]);
            }
        }

        return (x, y);
    }
}
