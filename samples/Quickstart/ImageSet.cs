using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Networks;

namespace Quickstart;

/// <summary>Labelled images: files in one folder per class, or a file in CIFAR-10's binary layout.</summary>
internal sealed class ImageSet
{
    private static readonly string[] CifarLabels = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".bmp"];

    private static readonly VectorDataViewType CifarType = new(NumberDataViewType.Single, 3, CifarImages.Size, CifarImages.Size);

    private readonly string _path;
    private readonly List<ImageFile> _files = [];
    private readonly CifarImages? _cifar;

    private ImageSet(string path, CifarImages? cifar)
    {
        (_path, _cifar) = (path, cifar);
    }

    /// <summary>Number of images.</summary>
    public int Count => _cifar?.Count ?? _files.Count;

    /// <summary>Whether the images are files that ML.NET loads, rather than pixels.</summary>
    public bool AreFiles => _cifar is null;

    /// <summary>Opens a set.</summary>
    /// <param name="path">Folder or file.</param>
    /// <param name="part">Name of the folder inside it that is meant if there is one: test or calibration.</param>
    public static ImageSet Open(string path, string part)
    {
        if (File.Exists(path))
            return new ImageSet(path, CifarImages.Load(path));
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException($"There is no folder or file '{path}' of {part} images.");
        if (Directory.Exists(Path.Combine(path, part)))
            path = Path.Combine(path, part);

        var set = new ImageSet(path, null);
        foreach (string label in Directory.GetDirectories(path).Order(StringComparer.Ordinal))
        {
            set._files.AddRange(Directory.GetFiles(label)
                .Where(file => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant()))
                .Order(StringComparer.Ordinal)
                .Select(file => new ImageFile { ImagePath = file, Label = Path.GetFileName(label) }));
        }

        return set.Count > 0 ? set : throw new InvalidDataException($"'{path}' has no images in folders named after their classes.");
    }

    /// <summary>Where calibration images are if the user does not say: beside the test images, otherwise the shipped ones.</summary>
    public static string FindCalibration(string images, string shipped) => Directory.Exists(Path.Combine(images, "calibration")) ? images : shipped;

    /// <summary>Rows with the columns ImagePath and Label, or Pixels and Label.</summary>
    public IDataView Load(MLContext context)
    {
        if (_cifar is null)
            return context.Data.LoadFromEnumerable(_files);
        return context.Data.LoadFromEnumerable(Enumerable.Range(0, Count).Select(PixelsOf), ImagePixels.DefineSchema(CifarType));
    }

    /// <summary>The steps from image files to a Pixels column of a given size.</summary>
    public static IEstimator<ITransformer> CreateLoading(MLContext context, int width, int height) =>
        context.Transforms.LoadImages("Image", imageFolder: "", nameof(ImageFile.ImagePath))
            .Append(context.Transforms.ResizeImages("Image", width, height))
            .Append(context.Transforms.ExtractPixels("Pixels", "Image"));

    /// <summary>Reads all images to the end.</summary>
    /// <param name="context">The context.</param>
    /// <param name="pixels">Rows of this set with a Pixels column.</param>
    /// <exception cref="InvalidDataException">A file cannot be decoded; the message names it. ML.NET only says that there is one.</exception>
    public ImagePixels[] Read(MLContext context, IDataView pixels)
    {
        try
        {
            return [.. context.Data.CreateEnumerable<ImagePixels>(pixels, reuseRowObject: false, ignoreMissingColumns: true)];
        }
        catch (InvalidOperationException failure) when (FindBroken() is { } broken)
        {
            throw new InvalidDataException($"The image '{broken}' cannot be read: {failure.GetBaseException().Message}", failure);
        }
    }

    /// <summary>Classifies some images one by one with a prediction engine, as a service would.</summary>
    public IEnumerable<(string Name, ImagePrediction Prediction)> Classify(MLContext context, ITransformer model, IEnumerable<int> indices)
    {
        if (_cifar is null)
        {
            using PredictionEngine<ImageFile, ImagePrediction> engine = context.Model.CreatePredictionEngine<ImageFile, ImagePrediction>(model);
            foreach (int i in indices)
                yield return (Path.GetRelativePath(_path, _files[i].ImagePath), engine.Predict(_files[i]));
        }
        else
        {
            SchemaDefinition schema = ImagePixels.DefineSchema(CifarType);
            using PredictionEngine<ImagePixels, ImagePrediction> engine =
                context.Model.CreatePredictionEngine<ImagePixels, ImagePrediction>(model, inputSchemaDefinition: schema);
            foreach (int i in indices)
                yield return ($"{Path.GetFileName(_path)}[{i}]", engine.Predict(PixelsOf(i)));
        }
    }

    private string? FindBroken() => _files.Select(file => file.ImagePath).FirstOrDefault(path =>
    {
        try
        {
            MLImage.CreateFromFile(path).Dispose();
            return false;
        }
        catch (Exception broken) when (broken is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return true;
        }
    });

    private ImagePixels PixelsOf(int index) => new() { Pixels = _cifar!.Pixels.Slice(index, 1).Span.ToArray(), Label = CifarLabels[_cifar.Labels[index]] };
}
