using ZipIt.MLNet;
using ZipIt.MLNet.Friend;

namespace Microsoft.ML;

/// <summary>Extension methods that merge image classifiers and evaluate the result.</summary>
public static partial class ZipCatalog
{
    /// <summary>
    /// Merges trained image classifiers into one multi-task network, without training; fit it on a few hundred unlabelled images of all tasks.
    /// </summary>
    /// <param name="catalog">The transforms of a context.</param>
    /// <param name="inputColumnName">Name of the pixel column: a known-sized vector of <see cref="float"/>, planar, 0–255, as <c>ExtractPixels</c> gives
    /// it.</param>
    /// <param name="classifiers">The classifiers, of one architecture. A single one is not merged, just made a transformer.</param>
    /// <returns>
    /// An estimator of a transformer that adds the columns <c>PredictedLabel</c> (key) and <c>Score</c> (vector of <see cref="float"/>) over the classes of all
    /// tasks, and
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
    /// <exception cref="ArgumentException">An option is out of range, or the classifiers cannot be merged as asked; the message names the option, or classifier
    /// and layer.</exception>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var options = new ZipEstimator.Options { InputColumnName = "Pixels", Cut = ZipCut.AfterLayers(13), Alpha = 0.1, Beta = 0.8 };
    /// var zip = mlContext.Transforms.Zip(options, animals, vehicles);
    /// ]]></code>
    /// </example>
    public static ZipEstimator Zip(this TransformsCatalog catalog, ZipEstimator.Options options, params ZipClassifier[] classifiers) =>
        new(HostAccess.GetEnvironment(catalog), options, classifiers);
}
