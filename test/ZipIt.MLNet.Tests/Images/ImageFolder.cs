using Microsoft.ML;

namespace ZipIt.MLNet.Tests;

/// <summary>A folder of image files that is deleted with its test, and the pipeline that reads it.</summary>
internal sealed class ImageFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("images").FullName;
    private readonly List<ImageFile> _files = [];

    public void Dispose() => Directory.Delete(_path, recursive: true);

    /// <summary>Writes a file and lists it; null lists a file that does not exist.</summary>
    public ImageFolder Add(string name, byte[]? content)
    {
        if (content is not null)
            File.WriteAllBytes(Path.Combine(_path, name), content);
        _files.Add(new ImageFile { ImagePath = name, Label = $"label of {name}" });
        return this;
    }

    /// <summary>The files with columns for path, label, image and pixels.</summary>
    public IDataView Load(MLContext context, int size) => Load(context, size, out _, out _);

    /// <summary>The same, and what it is made of.</summary>
    /// <param name="context">The context.</param>
    /// <param name="size">Width and height of the images that are read.</param>
    /// <param name="files">Paths and labels.</param>
    /// <param name="model">What adds images and pixels to them.</param>
    public IDataView Load(MLContext context, int size, out IDataView files, out ITransformer model)
    {
        files = context.Data.LoadFromEnumerable(_files);
        model = context.Transforms.LoadImages("Image", _path, "ImagePath")
            .Append(context.Transforms.ResizeImages("Image", size, size))
            .Append(context.Transforms.ExtractPixels("Pixels", "Image"))
            .Fit(files);
        return model.Transform(files);
    }

    private sealed class ImageFile
    {
        public string? ImagePath { get; set; }

        public string? Label { get; set; }
    }
}
