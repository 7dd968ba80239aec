using Microsoft.ML.Transforms;
using ZipIt.MLNet;

namespace Microsoft.ML;

/// <content>Labels.</content>
public static partial class ZipCatalog
{
    /// <summary>
    /// Turns a column of class names into keys in the order of a zipped model's scores, as ML.NET's <c>Evaluate</c> needs them: it compares keys with scores by
    /// number, not by name. (<c>MapValueToKey</c> numbers classes as they come, which gives a wrong accuracy without an error.)
    /// </summary>
    /// <param name="catalog">The conversions of a context.</param>
    /// <param name="outputColumnName">Name of the new key column.</param>
    /// <param name="labels">The labels of the model: <see cref="ZipTransformer.Labels"/>, or those of all classifiers, one after the other. Other texts become
    /// missing keys.</param>
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
}
