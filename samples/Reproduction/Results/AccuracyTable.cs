using System.Globalization;
using Reproduction.Tables;

namespace Reproduction.Results;

/// <summary>Rows of a measured table as the paper shows them: mean ± standard deviation over the cases, beside the paper's figures.</summary>
internal static class AccuracyTable
{
    /// <summary>Makes the table.</summary>
    /// <param name="result">What was measured.</param>
    /// <param name="hasJoint">Whether accuracies among all classes are shown.</param>
    public static ResultTable Of(TableResult result, bool hasJoint = true)
    {
        bool hasPaper = result.Rows.Any(row => row.Row.Paper is not null);
        string[] joint = hasJoint ? ["joint %"] : [], paper = !hasPaper ? [] : hasJoint ? ["paper, joint", "paper, average"] : ["paper, average"];
        return new ResultTable(["", "multiply-adds", .. joint, "average %", .. paper, "merging, s"], [.. result.Rows.Select(row => (string[])
        [
            row.Row.Name,
            $"{Hundredths(row.RelativeCost)}×",
            .. hasJoint ? [Spread(row.Joint)] : Array.Empty<string>(),
            Spread(row.Average),
            .. !hasPaper ? [] : hasJoint ? [Percent(row.Row.Paper?.Joint), Percent(row.Row.Paper?.Average)] : new[] { Percent(row.Row.Paper?.Average) },
            row.Row.Options is null ? "–" : row.Seconds.ToString("0.0", CultureInfo.InvariantCulture),
        ])]);
    }

    /// <summary>A share of 1 in %, with its standard deviation if there are several cases.</summary>
    public static string Spread((double Mean, double Deviation) value) =>
        double.IsNaN(value.Deviation) ? Hundredths(100 * value.Mean) : $"{Hundredths(100 * value.Mean)} ± {Hundredths(100 * value.Deviation)}";

    private static string Percent(double? value) => value is { } known ? known.ToString("0.0", CultureInfo.InvariantCulture) : "–";

    private static string Hundredths(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
