using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.Tool.Inputs;

namespace WebApi;

/// <summary>Finds the model that is served, and makes one if none is given.</summary>
public sealed class ModelStore(MLContext context, ModelOptions options, ILogger<ModelStore> logger)
{
    private static readonly string[] ImageExtensions = [".png", ".jpg", ".jpeg"];

    /// <summary>Loads the model.</summary>
    /// <exception cref="FileNotFoundException">The settings name a model, or checkpoints, that are not there.</exception>
    /// <exception cref="InvalidDataException">The file holds no model, or there are no images to make one with.</exception>
    /// <exception cref="IOException">The model cannot be read or written.</exception>
    public ITransformer Load()
    {
        if (options.Path is { Length: > 0 } given)
        {
            return File.Exists(Locate(given)) ? Load(Locate(given)) : throw new FileNotFoundException(
                $"There is no model '{Locate(given)}', which the settings name as Model:Path. Leave that empty, and the service makes a model of its own.",
                given);
        }

        string made = Locate(options.MadeAt);
        if (File.Exists(made))
        {
            try
            {
                return Load(made);
            }
            catch (InvalidDataException error)
            {
                logger.LogWarning("{Message} It is made anew.", error.Message);
            }
        }

        Make(made);
        return Load(made);
    }

    private ITransformer Load(string path)
    {
        // What is damaged is told from what cannot be read now, so that a good model is never made anew because a disk is full.
        ITransformer model = context.Model.LoadZip(path, out _);
        logger.LogInformation("Loaded the model {Path}", path);
        return model;
    }

    /// <summary>Zips the classifiers behind a pipeline that takes an image from memory, so that requests need no files.</summary>
    private void Make(string path)
    {
        var clock = Stopwatch.StartNew();
        ZipClassifier[] classifiers = ClassifierList.Load(Locate(options.Classifiers));
        string[] images = FindImages(Locate(options.Calibration));
        Network network = classifiers[0].Network;
        ReadOnlySpan<int> shape = network.ShapeOf(network.Inputs[0]);

        var zip = new ZipEstimator.Options { InputColumnName = "Pixels", Cut = ZipCut.AfterLayers(13) };
        IEstimator<ITransformer> pipeline = context.Transforms.ResizeImages("Resized", shape[2], shape[1], nameof(ImageInput.Image))
            .Append(context.Transforms.ExtractPixels("Pixels", "Resized"))
            .Append(context.Transforms.Zip(zip, classifiers));
        IDataView calibration = context.Data.LoadFromEnumerable(images.Select(image => new ImageInput { Image = MLImage.CreateFromFile(image) }));
        ITransformer model = pipeline.Fit(calibration);

        // Another instance may do the same: files are replaced whole, and the last one to finish wins.
        context.Model.SaveZip(model, calibration.Schema, path);
        logger.LogInformation("Zipped {Classifiers} classifiers with {Images} images in {Seconds:F1} s", classifiers.Length, images.Length,
            clock.Elapsed.TotalSeconds);
    }

    private static string[] FindImages(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder '{folder}' of images to zip classifiers with.");
        string[] images =
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(file => ImageExtensions.Contains(Path.GetExtension(file).ToLowerInvariant()))
                .Order(StringComparer.Ordinal),
        ];
        return images.Length > 0
            ? images
            : throw new InvalidDataException($"'{folder}' has no images ({string.Join(", ", ImageExtensions)}) to zip classifiers with.");
    }

    private static string Locate(string path) => Path.Combine(AppContext.BaseDirectory, path);
}
