using Microsoft.ML;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;

namespace ModelBuilder;

/// <content>Makes the model.</content>
public partial class ZippedImages
{
    /// <summary>Folder of the images that the model is fitted on, with one folder per class; relative to the program.</summary>
    public const string RetrainFilePath = @"data/images/calibration";

    private const string LabelColumn = @"Label";
    private const string ImageColumn = @"Image";
    private const int ImageWidth = 32;
    private const int ImageHeight = 32;

    private static readonly string[] ImageExtensions = [".png", ".jpg", ".jpeg", ".bmp"];

    /// <summary>
    /// Fits the model on images and saves it. Nothing is trained: two trained classifiers are zipped, and the images show which of their features agree.
    /// </summary>
    /// <param name="outputModelPath">Path of the model file.</param>
    /// <param name="inputDataFilePath">Folder of the images, with one folder per class.</param>
    public static void Train(string outputModelPath, string inputDataFilePath = RetrainFilePath)
    {
        var mlContext = new MLContext(seed: 1);
        IDataView data = LoadImageFromFolder(mlContext, inputDataFilePath);
        ITransformer model = RetrainModel(mlContext, data);
        SaveModel(mlContext, model, data, outputModelPath);
    }

    /// <summary>The images of a folder with one folder per class. Files are read when a row is.</summary>
    /// <param name="mlContext">The context.</param>
    /// <param name="folder">The folder; relative to the program.</param>
    public static IDataView LoadImageFromFolder(MLContext mlContext, string folder) => mlContext.Data.LoadFromEnumerable(ListImages(folder)
        .Select(image => new ModelInput { Label = image.Label, ImageSource = File.ReadAllBytes(image.Path) }));

    /// <summary>Saves a model; an existing file is replaced only when the new one is complete.</summary>
    /// <param name="mlContext">The context.</param>
    /// <param name="model">The model.</param>
    /// <param name="data">Data that the model can be used on, for their columns.</param>
    /// <param name="modelSavePath">Path of the model file.</param>
    public static void SaveModel(MLContext mlContext, ITransformer model, IDataView data, string modelSavePath) =>
        mlContext.Model.SaveZip(model, data.Schema, modelSavePath);

    /// <summary>Fits the pipeline on images; their labels are not used.</summary>
    /// <param name="mlContext">The context.</param>
    /// <param name="trainData">The images: a few hundred, of all classes.</param>
    public static ITransformer RetrainModel(MLContext mlContext, IDataView trainData) => BuildPipeline(mlContext).Fit(trainData);

    /// <summary>The pipeline from an image to the predicted labels of both tasks together and of each.</summary>
    /// <param name="mlContext">The context.</param>
    public static IEstimator<ITransformer> BuildPipeline(MLContext mlContext)
    {
        ZipClassifier a = LoadClassifier("A", "resnet20-w1-a.pt", ["airplane", "bird", "deer", "frog", "ship"], [0, 2, 4, 6, 8]);
        ZipClassifier b = LoadClassifier("B", "resnet20-w1-b.pt", ["automobile", "cat", "dog", "horse", "truck"], [1, 3, 5, 7, 9]);

        // The first 13 of 20 layers are shared; the rest stays per task, which costs time and keeps accuracy.
        var zip = new ZipEstimator.Options { InputColumnName = "Pixels", Cut = ZipCut.AfterLayers(13) };

        return mlContext.Transforms.Conversion.MapLabelToKey(LabelColumn, [.. a.Labels, .. b.Labels])
            .Append(mlContext.Transforms.ResizeImages("Resized", ImageWidth, ImageHeight, ImageColumn))
            .Append(mlContext.Transforms.ExtractPixels("Pixels", "Resized"))
            .Append(mlContext.Transforms.Zip(zip, a, b))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("A.PredictedLabel"))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("B.PredictedLabel"));
    }

    private static IEnumerable<(string Label, string Path)> ListImages(string folder) =>
        from label in new DirectoryInfo(Path.Combine(AppContext.BaseDirectory, folder)).GetDirectories().OrderBy(label => label.Name, StringComparer.Ordinal)
        from file in label.GetFiles().OrderBy(file => file.Name, StringComparer.Ordinal)
        where ImageExtensions.Contains(file.Extension.ToLowerInvariant())
        select (label.Name, file.FullName);

    /// <summary>A ResNet-20 whose output is compared with one prototype per class.</summary>
    private static ZipClassifier LoadClassifier(string task, string file, string[] labels, int[] rows)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "data", "models");
        ClassPrototypes prototypes = ClassPrototypes.Load(Path.Combine(folder, "prototypes.safetensors"), scale: 30, rows, "prototypes");

        // Mean and deviation of CIFAR-10's pixels as parts of 255, which the networks were trained with.
        ChannelAffine normalization = ChannelAffine.FromNormalization(mean: [0.4914, 0.4822, 0.4465], deviation: [0.2023, 0.1994, 0.2010]);
        return ZipClassifier.FromCheckpoint(task, Path.Combine(folder, file), labels, prototypes, normalization);
    }
}
