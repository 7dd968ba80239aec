using Microsoft.ML;
using Microsoft.ML.Transforms.Image;

namespace ZipIt.Tool.Inputs;

/// <summary>The steps from images to the pixels that a network takes, as an ML.NET pipeline has them.</summary>
internal static class ImageLoading
{
    /// <summary>Makes the steps to a column Pixels.</summary>
    /// <param name="context">The context.</param>
    /// <param name="shape">Shape of one image as the network takes it: [channels, height, width].</param>
    /// <param name="input">What they begin with: paths or images.</param>
    /// <exception cref="InvalidDataException">Networks of such images are not fed from files: they take neither colours nor grey.</exception>
    public static IEstimator<ITransformer> Create(MLContext context, ReadOnlySpan<int> shape, ModelInput input = ModelInput.Path)
    {
        (int channels, int height, int width) = (shape[0], shape[1], shape[2]);
        if (channels is not (1 or 3))
            throw new InvalidDataException($"The network takes images of {channels} channels; image files give 3, or 1 of grey.");
        IEstimator<ITransformer> resized = context.Transforms.ResizeImages("Resized", width, height, "Image");
        IEstimator<ITransformer> loaded = input == ModelInput.Path
            ? context.Transforms.LoadImages("Image", imageFolder: "", nameof(ImageFile.ImagePath)).Append(resized)
            : resized;
        return channels == 3
            ? loaded.Append(context.Transforms.ExtractPixels("Pixels", "Resized"))
            : loaded.Append(context.Transforms.ConvertToGrayscale("Grey", "Resized"))
                .Append(context.Transforms.ExtractPixels("Pixels", "Grey", colorsToExtract: ImagePixelExtractingEstimator.ColorBits.Red));
    }

    /// <summary>Makes the steps as they are saved in front of a zip, for what the model shall take.</summary>
    /// <param name="context">The context.</param>
    /// <param name="shape">Shape of one image as the network takes it.</param>
    /// <param name="input">What the model takes.</param>
    /// <returns>The steps, null if there are none, and the schema of what they take; null for images, for which ML.NET's model files have no place.</returns>
    public static (ITransformer? Steps, DataViewSchema? Schema) Save(MLContext context, ReadOnlySpan<int> shape, ModelInput input)
    {
        IDataView rows = input switch
        {
            ModelInput.Path => context.Data.LoadFromEnumerable(Array.Empty<ImageFile>()),
            ModelInput.Image => context.Data.LoadFromEnumerable(Array.Empty<LoadedImage>()),
            _ => context.Data.LoadFromEnumerable(Array.Empty<ImagePixels>(), ImagePixels.DefineSchema(shape)),
        };
        return (input == ModelInput.Pixels ? null : Create(context, shape, input).Fit(rows), input == ModelInput.Image ? null : rows.Schema);
    }
}
