using ZipIt.MLNet;
using ZipIt.MLNet.Friend;

namespace Microsoft.ML;

/// <content>Evaluation.</content>
public static partial class ZipCatalog
{
    /// <summary>
    /// Measures a zipped model on labelled images: over the classes of all tasks together, and for each task by itself. One pass over the data.
    /// </summary>
    /// <remarks>
    /// Classes are compared by name, in whatever order a label column numbers them. ML.NET's own <c>Evaluate</c> compares numbers: it needs a label column made
    /// by <see cref="MapLabelToKey"/>.
    /// </remarks>
    /// <param name="catalog">The multiclass classification of a context.</param>
    /// <param name="data">What the model's <see cref="ZipTransformer.Transform"/> gave.</param>
    /// <param name="labelColumnName">
    /// Name of the column with the true classes: text (class names), keys with class names as key values, or keys without values that count the classes of all
    /// tasks in the order of the scores. Rows whose class belongs to no task are skipped.
    /// </param>
    /// <param name="outputColumnNamePrefix">What the names of the model's output columns begin with.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">No row has a class of one of the tasks.</exception>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// ZipMetrics metrics = mlContext.MulticlassClassification.EvaluateZip(model.Transform(test), "Class");
    /// Console.WriteLine($"joint {metrics.JointAccuracy:P1}, per task {metrics.AverageAccuracy:P1}");
    /// ]]></code>
    /// </example>
    public static ZipMetrics EvaluateZip(
        this MulticlassClassificationCatalog catalog, IDataView data, string labelColumnName = "Label", string outputColumnNamePrefix = "") =>
        new ZipEvaluator(HostAccess.GetEnvironment(catalog)).Evaluate(data, labelColumnName, outputColumnNamePrefix);
}
