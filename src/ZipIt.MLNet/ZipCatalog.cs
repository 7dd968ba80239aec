using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using ZipIt.MLNet;
using ZipIt.MLNet.Friend;

namespace Microsoft.ML;

/// <summary>Extension methods that merge image classifiers and evaluate the result.</summary>
public static class ZipCatalog
{
    /// <summary>
    /// Merges trained image classifiers into one multi-task network, without training; fit it on a few hundred unlabelled images of all tasks.
    /// </summary>
    /// <param name="catalog">The transforms of a context.</param>
    /// <param name="inputColumnName">Name of the pixel column: a known-sized vector of <see cref="float"/>, planar, 0–255, as <c>ExtractPixels</c> gives it.</param>
    /// <param name="classifiers">The classifiers, of one architecture. A single one is not merged, just made a transformer.</param>
    /// <returns>
    /// An estimator of a transformer that adds the columns <c>PredictedLabel</c> (key) and <c>Score</c> (vector of <see cref="float"/>) over the classes of all tasks, and
    /// <c>&lt;Task&gt;.PredictedLabel</c> and <c>&lt;Task&gt;.Score</c> for each task.
    /// </returns>
    /// <exception cref="ArgumentException">The classifiers cannot be merged; the message names classifier and layer.</exception>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var pipeline = mlContext.Transforms.LoadImages("Image", folder, "ImagePath")
    ///     .Append(mlContext.Transforms.ResizeImages("Image", 32, 32))
    ///     .Append(mlContext.Transforms.ExtractPixels("Pixels", "Image"))
    ///     .Append(mlContext.Transforms.Zip("Pixels", animals, vehicles));
    /// ITransformer model = pipeline.Fit(calibrationImages);
    /// ]]></code>
    /// </example>
    public static ZipEstimator Zip(this TransformsCatalog catalog, string inputColumnName, params ZipClassifier[] classifiers) =>
        new(HostAccess.GetEnvironment(catalog), new ZipEstimator.Options { InputColumnName = inputColumnName }, classifiers);

    /// <summary>
    /// Merges trained image classifiers into one multi-task network, without training, with options for everything.
    /// </summary>
    /// <param name="catalog">The transforms of a context.</param>
    /// <param name="options">How to merge and to score.</param>
    /// <param name="classifiers">The classifiers. A single one is not merged, just made a transformer.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the classifiers cannot be merged as asked; the message names the option, or classifier and layer.</exception>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var options = new ZipEstimator.Options { InputColumnName = "Pixels", Cut = ZipCut.AfterLayers(13), Alpha = 0.1, Beta = 0.8 };
    /// var zip = mlContext.Transforms.Zip(options, animals, vehicles);
    /// ]]></code>
    /// </example>
    public static ZipEstimator Zip(this TransformsCatalog catalog, ZipEstimator.Options options, params ZipClassifier[] classifiers) =>
        new(HostAccess.GetEnvironment(catalog), options, classifiers);

    /// <summary>
    /// Turns a column of class names into keys in the order of a zipped model's scores. ML.NET's <c>Evaluate</c> compares keys with scores by position.
    /// </summary>
    /// <param name="catalog">The conversions of a context.</param>
    /// <param name="outputColumnName">Name of the new key column.</param>
    /// <param name="labels">The labels of the model: <see cref="ZipTransformer.Labels"/>, or those of all classifiers, one after the other. Other texts become missing keys.</param>
    /// <param name="inputColumnName">Name of the text column; null for <paramref name="outputColumnName"/>.</param>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// string[] labels = [.. animals.Labels, .. vehicles.Labels];
    /// var pipeline = mlContext.Transforms.Conversion.MapLabelToKey("Label", labels)
    ///     .Append(mlContext.Transforms.Zip("Pixels", animals, vehicles));
    /// var metrics = mlContext.MulticlassClassification.Evaluate(pipeline.Fit(calibration).Transform(test));
    /// ]]></code>
    /// </example>
    public static ValueToKeyMappingEstimator MapLabelToKey(
        this TransformsCatalog.ConversionTransforms catalog, string outputColumnName, IReadOnlyList<string> labels, string? inputColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return catalog.MapValueToKey(outputColumnName, inputColumnName, maximumNumberOfKeys: Math.Max(labels.Count, 1), keyData: new LabelDataView(labels));
    }

    /// <summary>Measures a zipped model on labelled images: over the classes of all tasks together, and for each task by itself. One pass over the data.</summary>
    /// <param name="catalog">The multiclass classification of a context.</param>
    /// <param name="data">What the model's <see cref="ZipTransformer.Transform"/> gave.</param>
    /// <param name="labelColumnName">
    /// Name of the column with the true classes: text (class names), keys with class names as key values, or keys without values that count the classes of all tasks in the
    /// order of the scores. Rows whose class belongs to no task are skipped.
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
