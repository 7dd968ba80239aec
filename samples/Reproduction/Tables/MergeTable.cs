using System.Diagnostics;
using Spectre.Console;
using ZipIt.Merging;
using ZipIt.Networks;

namespace Reproduction.Tables;

/// <summary>Runs every row on every case.</summary>
/// <param name="rows">The rows.</param>
/// <param name="cancellation">Ends the work.</param>
internal sealed class MergeTable(IReadOnlyList<TableRow> rows, CancellationToken cancellation = default)
{
    /// <summary>Runs the networks.</summary>
    public INetworkEngine Engine { get; init; } = new CpuEngine();

    /// <summary>What is done about calibration images that a member cannot have been trained on.</summary>
    public CalibrationCheck CalibrationCheck { get; init; }

    /// <summary>Measures all rows.</summary>
    /// <param name="cases">The cases; one is there at a time.</param>
    public TableResult Run(IEnumerable<MergeCase> cases)
    {
        var names = new List<string>();
        List<Measurement>[] cells = [.. rows.Select(_ => new List<Measurement>())];
        foreach (MergeCase merge in cases)
        {
            names.Add(merge.Name);
            for (int r = 0; r < rows.Count; r++)
            {
                Measurement measured = Measure(rows[r], merge);
                cells[r].Add(measured);
                AnsiConsole.MarkupLineInterpolated(
                    $"{merge.Name}: {rows[r].Name}: joint {measured.Joint:P2}, average {measured.Average:P2}, {measured.RelativeCost:F2}×, {measured.Seconds:F1} s");
            }
        }

        return new TableResult(names, [.. rows.Select((row, r) => new ResultRow(row, cells[r]))]);
    }

    /// <summary>Measures one row on one case.</summary>
    public Measurement Measure(TableRow row, MergeCase merge)
    {
        double unit = merge.Members.Max(member => (double)NetworkCost.Of(member.Network).MultiplyAdds);
        if (row.Options is null)
            return MeasureAlone(row, merge, unit);
        var clock = Stopwatch.StartNew();
        ZipOptions options = row.Options(merge) with { Engine = Engine, CalibrationCheck = CalibrationCheck };
        ZipResult result = new Zipper(merge.Members, options).Zip(merge.Calibration, cancellationToken: cancellation);
        return Evaluate(result.Network, result.Tasks, row.Scoring, merge, unit, clock.Elapsed.TotalSeconds);
    }

    /// <summary>Measures a merged network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="tasks">Its tasks.</param>
    /// <param name="scoring">How tasks are compared.</param>
    /// <param name="merge">The case.</param>
    /// <param name="unit">Multiply-adds of the costliest member.</param>
    /// <param name="seconds">How long merging took.</param>
    public Measurement Evaluate(Network network, IReadOnlyList<ClassificationTask> tasks, JointScoring scoring, MergeCase merge, double unit, double seconds)
    {
        ZipEvaluation evaluation = ZipEvaluation.Evaluate(network, tasks, merge.Test, Engine, scoring, cancellationToken: cancellation);
        NetworkCost cost = NetworkCost.Of(network);
        return new Measurement(evaluation.JointAccuracy, evaluation.TaskAccuracies, cost, cost.MultiplyAdds / unit, seconds);
    }

    /// <summary>A member that gives embeddings can be asked about every class; one with class scores is wrong about those that it does not know.</summary>
    private Measurement MeasureAlone(TableRow row, MergeCase merge, double unit)
    {
        Network network = merge.Members[row.Member].Network;
        if (merge.HasCommonOutputs)
        {
            var all = new Network([.. merge.Tasks.Select(task => new Head(task.Name, network.Heads[0].Node))]);
            return Evaluate(all, merge.Tasks, row.Scoring, merge, unit, 0);
        }

        IReadOnlyList<ClassificationTask> own = merge.Classifiers[row.Member].Tasks;
        var images = new TaskImages(merge.Test, merge.Tasks, own);
        ZipEvaluation evaluation = ZipEvaluation.Evaluate(network, own, images, Engine, row.Scoring, cancellationToken: cancellation);
        NetworkCost cost = NetworkCost.Of(network);
        return new Measurement(
            evaluation.JointAccuracy * evaluation.Images / Math.Max(1, images.Labelled),
            [.. merge.Tasks.Select(task => own.Contains(task) ? evaluation.TaskAccuracies[own.ToList().IndexOf(task)] : double.NaN)],
            cost, cost.MultiplyAdds / unit, 0);
    }
}
