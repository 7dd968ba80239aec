using Reproduction.Results;
using Reproduction.Tables;
using ZipIt.Merging;
using ZipIt.Networks;

namespace Reproduction.DataSets;

/// <summary>A table over groups of tasks, measured and shown.</summary>
/// <param name="setting">Its rows.</param>
/// <param name="group">The tasks.</param>
/// <param name="combinations">Numbers of the tasks of each case.</param>
internal sealed class TaskTable(TaskSetting setting, TaskGroup group, IReadOnlyList<int[]> combinations)
{
    /// <summary>Runs the networks.</summary>
    public INetworkEngine Engine { get; init; } = new CpuEngine();

    /// <summary>What is done about calibration images that a member cannot have been trained on.</summary>
    public CalibrationCheck CalibrationCheck { get; init; }

    /// <summary>Measures all rows on all cases.</summary>
    public TableResult Run(CancellationToken cancellation) =>
        new MergeTable(setting.ListRows(), cancellation) { CalibrationCheck = CalibrationCheck, Engine = Engine }
            .Run(combinations.Select(numbers => group.Get(numbers, cancellation)));

    /// <summary>The table with its plots.</summary>
    /// <param name="result">What was measured.</param>
    /// <param name="text">What there is to say about it.</param>
    public ResultSection CreateSection(TableResult result, params IReadOnlyList<string> text) =>
        new(setting.Title, text, CreateTable(result), [.. setting.HasJoint ? [Plot("Joint accuracy", result, row => row.Joint.Mean)] : Array.Empty<ResultPlot>(),
            Plot("Average accuracy within tasks", result, row => row.Average.Mean)]);

    /// <summary>The accuracies, and for each task the mean over the cases that it is part of.</summary>
    private ResultTable CreateTable(TableResult result)
    {
        ResultTable table = AccuracyTable.Of(result, setting.HasJoint);
        if (!setting.HasTasks)
            return table;
        return new ResultTable(
            [.. table.Columns.SkipLast(1), .. group.Tasks.Select(task => $"{task.Data.Name} %"), table.Columns[^1]],
            [.. table.Rows.Select((row, i) => (string[])[.. row.SkipLast(1), .. group.All.Select(task => ShowTask(result.Rows[i], task)), row[^1]])]);
    }

    private string ShowTask(ResultRow row, int task)
    {
        double[] values = [.. combinations.Select((numbers, i) => (Place: Array.IndexOf(numbers, task), Case: row.Cases[i]))
            .Where(part => part.Place >= 0)
            .Select(part => part.Case.Tasks[part.Place])];
        return values.Length == 0 ? "–" : AccuracyTable.Spread((values.Average(), double.NaN));
    }

    private ResultPlot Plot(string title, TableResult result, Func<ResultRow, double> value)
    {
        double Of(string name) => 100 * value(result.Rows.First(row => row.Row.Name == name));
        return new ResultPlot(title, [.. setting.Cuts.Select(cut => cut.Name), "ensemble"],
        [
            new ResultSeries("select and refit", [.. setting.Cuts.Select(cut => Of($"select and refit {cut.Name}")), Of("calibrated ensemble")]),
            new ResultSeries("ZipIt!", [.. setting.Cuts.Select(cut => Of($"ZipIt! {cut.Name}")), Of("ensemble")]),
            new ResultSeries("permute", [Of("permute"), .. Enumerable.Repeat(double.NaN, setting.Cuts.Count)]) { IsForComparison = true },
        ])
        { HorizontalTitle = "layers zipped" };
    }
}
