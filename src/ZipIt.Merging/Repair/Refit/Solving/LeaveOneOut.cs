using System.Numerics.Tensors;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// What a least-squares fit would predict for each row if it had been left out: y − (y − ŷ)/(1 − h) with h = xᵀ(XᵀX + λI)⁻¹x, which needs no other fit
/// (Allen, <i>The relationship between variable selection and data augmentation and a method for prediction</i>, Technometrics 1974).
/// </summary>
internal static class LeaveOneOut
{
    private const double SmallestRest = 1e-3; // 1 − h of a row that hardly any other one says something about

    /// <summary>Predicts.</summary>
    /// <param name="solved">The equations that all rows were added to, with their factor.</param>
    /// <param name="x">Some of the rows.</param>
    /// <param name="targets">Their right-hand sides [rows, outputs].</param>
    /// <param name="predictions">What the fit to all rows gives for them [rows, outputs]; replaced.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public static void Predict(FactoredEquations solved, PanelMatrix x, ReadOnlySpan<float> targets, Span<float> predictions, int threads)
    {
        var rows = new Matrix(x.Rows, x.Columns);
        for (int i = 0; i < x.Rows; i++)
            x.CopyRow(i, rows.Row(i));
        Matrix solutions = rows.Clone();
        solved.Factor.SolveRows(solutions, threads);
        int outputs = targets.Length / x.Rows;
        for (int i = 0; i < x.Rows; i++)
        {
            double rest = Math.Max(1 - TensorPrimitives.Dot<double>(rows.Row(i), solutions.Row(i)), SmallestRest);
            for (int o = i * outputs; o < (i + 1) * outputs; o++)
                predictions[o] = (float)(targets[o] - (targets[o] - predictions[o]) / rest);
        }
    }
}
