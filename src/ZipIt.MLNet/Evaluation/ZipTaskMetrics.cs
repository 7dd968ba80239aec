using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>How well a zipped model tells the classes of one task apart.</summary>
public sealed class ZipTaskMetrics
{
    internal ZipTaskMetrics(string name, IReadOnlyList<string> labels, long numberOfRows, double accuracy, ConfusionMatrix confusionMatrix)
    {
        (Name, Labels, NumberOfRows, Accuracy, ConfusionMatrix) = (name, labels, numberOfRows, accuracy, confusionMatrix);
    }

    /// <summary>Name of the task.</summary>
    public string Name { get; }

    /// <summary>Labels of its classes, in the order of the scores.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Number of rows with a class of this task.</summary>
    public long NumberOfRows { get; }

    /// <summary>Share of these rows whose class wins among the task's classes, 0 … 1; NaN if there are none.</summary>
    public double Accuracy { get; }

    /// <summary>Number of these rows by true class and predicted class.</summary>
    public ConfusionMatrix ConfusionMatrix { get; }
}
