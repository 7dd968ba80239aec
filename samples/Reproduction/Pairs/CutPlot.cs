using Reproduction.Results;
using Reproduction.Tables;

namespace Reproduction.Pairs;

/// <summary>Plots accuracy against how far networks are zipped, as far as the ensemble.</summary>
internal static class CutPlot
{
    /// <summary>Makes a plot of rows called after their method and cut.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="cuts">The cuts, the deepest first.</param>
    /// <param name="result">What was measured.</param>
    /// <param name="accuracy">Which accuracy, 0 … 1.</param>
    public static ResultPlot Of(string title, IReadOnlyList<PairCut> cuts, TableResult result, Func<ResultRow, double> accuracy)
    {
        double Of(string name) => 100 * accuracy(result.Rows.First(row => row.Row.Name == name));
        return new ResultPlot(title, [.. cuts.Select(cut => cut.Name), "ensemble"],
        [
            new ResultSeries("select and refit", [.. cuts.Select(cut => Of($"select and refit {cut.Name}")), Of("calibrated ensemble")]),
            new ResultSeries("ZipIt!", [.. cuts.Select(cut => Of($"ZipIt! {cut.Name}")), Of("ensemble")]),
            new ResultSeries("permute", [Of("permute"), .. Enumerable.Repeat(double.NaN, cuts.Count)]) { IsForComparison = true },
        ])
        { HorizontalTitle = "layers zipped" };
    }
}
