using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Tool.HtmlReport;

/// <summary>How well one model does.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Cost">Multiply-adds and parameters.</param>
/// <param name="Images">Number of images that it was measured on.</param>
/// <param name="JointAccuracy">Share of them whose class wins among all classes, 0 … 1; NaN if it says nothing.</param>
/// <param name="Tasks">Accuracy within each task that it knows.</param>
/// <param name="Labels">Names of all classes that it knows, in the order of <paramref name="Confusion"/>.</param>
/// <param name="Confusion">Number of images by true class (row) and winning class (column).</param>
internal sealed record ModelEvaluation(
    string Name, NetworkCost Cost, long Images, double JointAccuracy, IReadOnlyList<TaskAccuracy> Tasks, IReadOnlyList<string> Labels, Matrix Confusion)
{
    /// <summary>Mean of the accuracies of the tasks that have images; NaN without any.</summary>
    public double AverageAccuracy => Tasks.Where(task => task.Images > 0).Select(task => task.Accuracy).DefaultIfEmpty(double.NaN).Average();

    /// <summary>What <c>EvaluateZip</c> has measured.</summary>
    /// <param name="name">Name of the model.</param>
    /// <param name="model">The model.</param>
    /// <param name="metrics">What was measured.</param>
    /// <param name="images">
    /// Number of images of all models together: those of classes that this model does not know count as wrong. Null for those that it knows alone.
    /// </param>
    public static ModelEvaluation Of(string name, ZipTransformer model, ZipMetrics metrics, long? images = null)
    {
        var confusion = new Matrix(model.Labels.Count, model.Labels.Count);
        for (int row = 0; row < confusion.Rows; row++)
        {
            for (int column = 0; column < confusion.Columns; column++)
                confusion[row, column] = metrics.ConfusionMatrix.Counts[row][column];
        }

        return new ModelEvaluation(name, NetworkCost.Of(model.Network), images ?? metrics.NumberOfRows,
            metrics.JointAccuracy * metrics.NumberOfRows / (images ?? metrics.NumberOfRows),
            [.. metrics.Tasks.Select(task => new TaskAccuracy(task.Name, task.Labels, task.NumberOfRows, task.Accuracy))], model.Labels, confusion);
    }

    /// <summary>What <see cref="ZipEvaluation.Evaluate"/> has measured.</summary>
    /// <param name="name">Name of the model.</param>
    /// <param name="network">The network.</param>
    /// <param name="tasks">Its tasks.</param>
    /// <param name="labels">Labels of all classes, in the order of the joint scores (<see cref="TaskScorer.Labels"/>).</param>
    /// <param name="evaluation">What was measured.</param>
    /// <param name="images">As in <see cref="Of(string, ZipTransformer, ZipMetrics, long?)"/>.</param>
    public static ModelEvaluation Of(
        string name, Network network, IReadOnlyList<ClassificationTask> tasks, IReadOnlyList<string> labels, ZipEvaluation evaluation, long? images = null)
    {
        Dictionary<string, long> counts = labels.Select((label, row) => (label, Sum: (long)evaluation.JointConfusion.Row(row).ToArray().Sum()))
            .ToDictionary(entry => entry.label, entry => entry.Sum);
        return new ModelEvaluation(name, NetworkCost.Of(network), images ?? evaluation.Images,
            evaluation.JointAccuracy * evaluation.Images / (images ?? evaluation.Images),
            [.. tasks.Select((task, t) => new TaskAccuracy(
                task.Name, task.Labels, task.Labels.Sum(label => counts.GetValueOrDefault(label)), evaluation.TaskAccuracies[t]))],
            labels, evaluation.JointConfusion);
    }
}
