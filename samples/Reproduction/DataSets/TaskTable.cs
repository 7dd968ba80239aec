using Reproduction.Pairs;
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
    /// <summary>How rows compare the tasks.</summary>
    public const string Rule =
        "Rows of the paper's methods compare tasks by the paper's rule (softmax of each head), select and refit and calibrated rows by one softmax over all.";

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
        new(setting.Title, text, CreateTable(result),
        [
            .. setting.HasJoint ? [CutPlot.Of("Joint accuracy", setting.Cuts, result, row => row.Joint.Mean)] : Array.Empty<ResultPlot>(),
            CutPlot.Of("Average accuracy within tasks", setting.Cuts, result, row => row.Average.Mean),
        ]);

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
}
