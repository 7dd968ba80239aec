using ZipIt.MLNet.Friend;
using ZipIt.TorchSharp;

namespace Microsoft.ML;

/// <summary>Extension methods that train image classifiers.</summary>
public static class TorchSharpCatalog
{
    /// <summary>Trains an image classifier on labelled images, with the options' defaults.</summary>
    /// <param name="catalog">The trainers of a context.</param>
    /// <param name="inputColumnName">
    /// Name of the pixel column: a known-sized vector of <see cref="float"/>, planar, 0–255, as <c>ExtractPixels</c> gives it.
    /// </param>
    /// <param name="labelColumnName">Name of the key column with the classes, as <c>MapValueToKey</c> gives it.</param>
    /// <param name="taskName">Name of the task; classifiers that are zipped need different ones.</param>
    /// <exception cref="NotSupportedException">
    /// libtorch cannot be loaded; the message says whether its package is missing, or a library of the system is too old.
    /// </exception>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var pipeline = mlContext.Transforms.LoadImages("Image", folder, "ImagePath")
    ///     .Append(mlContext.Transforms.ResizeImages("Image", 32, 32))
    ///     .Append(mlContext.Transforms.ExtractPixels("Pixels", "Image"))
    ///     .Append(mlContext.Transforms.Conversion.MapValueToKey("Label"))
    ///     .Append(mlContext.MulticlassClassification.Trainers.ImageClassifier("Pixels", taskName: "animals"));
    /// ]]></code>
    /// </example>
    public static ImageClassifierTrainer ImageClassifier(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, string inputColumnName, string labelColumnName = "Label",
        string taskName = "Class") =>
        catalog.ImageClassifier(new ImageClassifierTrainer.Options { InputColumnName = inputColumnName, LabelColumnName = labelColumnName,
            TaskName = taskName });

    /// <summary>Trains an image classifier on labelled images.</summary>
    /// <param name="catalog">The trainers of a context.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    /// <exception cref="NotSupportedException">
    /// libtorch cannot be loaded; the message says whether its package is missing, or a library of the system is too old.
    /// </exception>
    /// <exception cref="InvalidOperationException">The context asks for a GPU that is not there, and does not allow the CPU instead.</exception>
    public static ImageClassifierTrainer ImageClassifier(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, ImageClassifierTrainer.Options options) =>
        new(HostAccess.GetEnvironment(catalog), options);
}
