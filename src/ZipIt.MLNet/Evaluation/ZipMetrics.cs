using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>How well a zipped model tells classes apart: over all tasks together, and within each task.</summary>
public sealed class ZipMetrics
{
    internal ZipMetrics(long numberOfRows, double jointAccuracy, ConfusionMatrix confusionMatrix, IReadOnlyList<ZipTaskMetrics> tasks)
    {
        (NumberOfRows, JointAccuracy, ConfusionMatrix, Tasks) = (numberOfRows, jointAccuracy, confusionMatrix, tasks);
    }

    /// <summary>Number of rows with a class of one of the tasks.</summary>
    public long NumberOfRows { get; }

    /// <summary>Share of rows whose class wins among the classes of all tasks, 0 … 1.</summary>
    public double JointAccuracy { get; }

    /// <summary>Mean of the tasks' accuracies, 0 … 1: the "Avg" of the paper's tables. Tasks without rows do not count.</summary>
    public double AverageAccuracy => Tasks.Where(task => task.NumberOfRows > 0).Average(task => task.Accuracy);

    /// <summary>Number of rows by true class and predicted class, over the classes of all tasks.</summary>
    public ConfusionMatrix ConfusionMatrix { get; }

    /// <summary>The same for each task, measured on its own rows only.</summary>
    public IReadOnlyList<ZipTaskMetrics> Tasks { get; }
}
