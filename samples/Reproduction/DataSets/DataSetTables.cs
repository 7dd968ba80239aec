using System.Diagnostics;
using Reproduction.Commands;
using Reproduction.Results;
using Reproduction.Tables;
using ZipIt.Merging;
using ZipIt.Tool.HtmlReport;

namespace Reproduction.DataSets;

/// <summary>The tables over several data sets: all pairs of them, and all together.</summary>
/// <param name="name">Name of the experiment.</param>
/// <param name="title">Its title.</param>
/// <param name="pairs">The table over pairs.</param>
/// <param name="all">The table over all together.</param>
/// <param name="settings">Classifiers, numbers of images and the folder for results.</param>
internal sealed class DataSetTables(string name, string title, TaskSetting pairs, TaskSetting all, ExperimentSettings settings)
{
    /// <summary>What is scaled down, and what else there is to know.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>What is done about calibration images that do not look like those of a member's own data set.</summary>
    public CalibrationCheck CalibrationCheck { get; init; }

    /// <summary>Trains what is not there, merges, measures and writes the results.</summary>
    /// <param name="tasks">The tasks, a data set each.</param>
    /// <param name="command">The command line that does it again.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>What was measured for pairs, and for all together; null if there is one pair only.</returns>
    public (TableResult Pairs, TableResult? All) Run(IReadOnlyList<TaskPlan> tasks, string command, CancellationToken cancellation = default)
    {
        if (tasks.Count < 2)
            throw new ArgumentException("At least two data sets are needed.", nameof(tasks));
        var group = new TaskGroup(tasks, settings.Classifiers.Get, settings);
        var trainingClock = Stopwatch.StartNew();
        group.Prepare(cancellation);
        TimeSpan training = trainingClock.Elapsed;

        var clock = Stopwatch.StartNew();
        var pairTable = new TaskTable(pairs, group, group.Pairs) { CalibrationCheck = CalibrationCheck, Engine = settings.Engine };
        TableResult pairResult = pairTable.Run(cancellation);
        var sections = new List<ResultSection> { pairTable.CreateSection(pairResult, Describe(group.Pairs.Count)) };
        TableResult? allResult = null;
        if (tasks.Count > 2)
        {
            var allTable = new TaskTable(all, group, [group.All]) { CalibrationCheck = CalibrationCheck, Engine = settings.Engine };
            allResult = allTable.Run(cancellation);
            sections.Add(allTable.CreateSection(allResult));
        }

        new ResultDocument(name, title, command, sections)
        {
            Duration = clock.Elapsed,
            Facts =
            [
                .. tasks.Select(task => new ReportFact(
                    task.Data.Name, $"{task.Data.Labels.Count} classes, {Count(task.Data.Test.Count, settings.TestImages)} test images, "
                    + $"classifier {task.Classifier.FileName}")),
                new ReportFact("calibration", $"{settings.CalibrationImages} training images, as many of each data set"),
                .. settings.Classifiers.Trained == 0 ? [] : new[] { new ReportFact("trained", $"{settings.Classifiers.Trained} classifiers in {Format.Duration(training)}") },
            ],
        }.Write(settings.Output);
        return (pairResult, allResult);
    }

    private static int Count(int images, int? most) => Math.Min(images, most ?? images);

    private string[] Describe(int count) =>
    [
        .. Remarks,
        $"{(count == 1 ? "One pair" : $"Mean ± standard deviation over {count} pairs; the columns of data sets are means over the pairs that they are part of")}. "
            + "Rows of the paper's methods compare tasks by the paper's rule (softmax of each head); calibrated rows by one softmax over all classes.",
    ];
}
