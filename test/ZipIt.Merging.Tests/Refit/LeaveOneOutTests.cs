using ZipIt.Numerics;

namespace ZipIt.Merging.Tests;

public sealed class LeaveOneOutTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(3.0)]
    public void Predict_EachRow_IsWhatTheFitToTheOthersGives(double ridge)
    {
        const int Rows = 30, Columns = 6, Outputs = 2;
        var random = new Random(2);
        float[] x = [.. Enumerable.Range(0, Rows * Columns).Select(i => i % Columns == Columns - 1 ? 1 : random.NextSingle() - 0.5f)];
        float[] y = [.. Enumerable.Range(0, Rows * Outputs).Select(_ => random.NextSingle())];
        var prior = new Matrix(Outputs, Columns);
        prior[0, 1] = 0.7;
        using var pool = new BufferPool();
        (FactoredEquations all, Matrix weights) = Fit([.. Enumerable.Range(0, Rows)]);
        float[] predictions = [.. Enumerable.Range(0, Rows).SelectMany(row => Predict(weights, row))];

        LeaveOneOut.Predict(all, Panels([.. Enumerable.Range(0, Rows)]), y, predictions, 1);

        for (int row = 0; row < Rows; row++)
        {
            (_, Matrix without) = Fit([.. Enumerable.Range(0, Rows).Where(other => other != row)]);
            Assert.All(Predict(without, row).Select((value, o) => value - predictions[row * Outputs + o]), difference => Assert.Equal(0, difference, 1e-3));
        }

        (FactoredEquations, Matrix) Fit(int[] rows)
        {
            var equations = new NormalEquations(Columns, Outputs, 1, pool);
            var panels = new DenseDesign(Panels(rows));
            equations.AddRows(panels);
            equations.AddResiduals(panels, [.. rows.SelectMany(row => y.AsSpan(row * Outputs, Outputs).ToArray())]);
            Cholesky factor = equations.Factor(ridge);
            return (new FactoredEquations(equations, factor), equations.Solve(factor, ridge, new Matrix(Outputs, Columns), prior));
        }

        PanelMatrix Panels(int[] rows)
        {
            var panels = new PanelMatrix(rows.Length, Columns);
            panels.CopyFrom([.. rows.SelectMany(row => x.AsSpan(row * Columns, Columns).ToArray())]);
            return panels;
        }

        float[] Predict(Matrix own, int row) =>
            [.. Enumerable.Range(0, Outputs).Select(o => (float)Enumerable.Range(0, Columns).Sum(c => own[o, c] * x[row * Columns + c]))];
    }
}
