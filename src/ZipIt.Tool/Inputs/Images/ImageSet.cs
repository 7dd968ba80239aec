using Microsoft.ML;
using ZipIt.Networks;

namespace ZipIt.Tool.Inputs;

/// <summary>Images: files in one folder per class, files that a list names, a single file, or a file in CIFAR-10's binary layout.</summary>
internal sealed class ImageSet
{
    private static readonly string[] CifarLabels = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"];

    private readonly CifarImages? _cifar;
    private readonly int[] _records;
    private readonly ImageFile[] _files;

    private ImageSet(string path, ImageFile[] files, CifarImages? cifar, int[] records)
    {
        (Path, _files, _cifar, _records) = (path, files, cifar, records);
    }

    /// <summary>Folder or file that they come from.</summary>
    public string Path { get; }

    /// <summary>Number of images.</summary>
    public int Count => _cifar is null ? _files.Length : _records.Length;

    /// <summary>Whether they are image files, rather than pixels.</summary>
    public bool AreFiles => _cifar is null;

    /// <summary>Opens a set. No image is decoded.</summary>
    /// <param name="path">Folder or file.</param>
    /// <param name="part">Name of the folder inside it that is meant if there is one: test or calibration; null for none.</param>
    /// <param name="isLabelled">Whether every image must have a label.</param>
    /// <exception cref="IOException">There is no such folder or file.</exception>
    /// <exception cref="InvalidDataException">It has no images, or a list is not as expected.</exception>
    public static ImageSet Open(string path, string? part, bool isLabelled)
    {
        if (File.Exists(path))
            return OpenFile(path, isLabelled);
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException($"There is no folder or file '{path}' of {(part is null ? "" : part + " ")}images.");
        if (part is not null && Directory.Exists(System.IO.Path.Combine(path, part)))
            path = System.IO.Path.Combine(path, part);
        ImageFile[] files = [.. ListFolder(path, isLabelled)];
        if (files.Length > 0)
            return new ImageSet(path, files, null, []);
        throw new InvalidDataException(isLabelled
            ? $"'{path}' has no images ({string.Join(", ", Extensions)}) in folders named after their classes."
            : $"'{path}' has no images ({string.Join(", ", Extensions)}).");
    }

    /// <summary>Gathers single files and folders, in their order.</summary>
    /// <param name="paths">Files and folders.</param>
    /// <exception cref="IOException">One is not there.</exception>
    /// <exception cref="InvalidDataException">There are no images.</exception>
    public static ImageSet Gather(IReadOnlyList<string> paths)
    {
        if (paths is [var only] && File.Exists(only) && !IsImage(only))
            return OpenFile(only, isLabelled: false);
        var files = new List<ImageFile>();
        foreach (string path in paths)
        {
            if (File.Exists(path))
                files.Add(new ImageFile { ImagePath = path });
            else if (Directory.Exists(path))
                files.AddRange(ListFolder(path, isLabelled: false));
            else
                throw new FileNotFoundException($"There is no image '{path}'.", path);
        }

        return files.Count > 0 ? new ImageSet(string.Join(", ", paths), [.. files], null, []) : throw new InvalidDataException("There are no images.");
    }

    /// <summary>Some of the images, spread evenly over all, so that all classes are among them.</summary>
    /// <param name="maximum">Largest number; null for all.</param>
    public ImageSet Take(int? maximum)
    {
        if (maximum is not { } most || most >= Count)
            return this;
        int[] chosen = [.. Enumerable.Range(0, most).Select(i => (int)((i + 0.5) * Count / most))];
        return new ImageSet(Path, _cifar is null ? [.. chosen.Select(i => _files[i])] : [], _cifar, _cifar is null ? [] : [.. chosen.Select(i => _records[i])]);
    }

    /// <summary>What an image shows; null if that is not known.</summary>
    public string? LabelOf(int index)
    {
        string label = _cifar is null ? _files[index].Label : CifarLabels[_cifar.Labels[_records[index]]];
        return label.Length > 0 ? label : null;
    }

    /// <summary>Name of an image: its path, or its place in the file.</summary>
    public string NameOf(int index) => _cifar is null ? _files[index].ImagePath : $"{System.IO.Path.GetFileName(Path)}[{_records[index]}]";

    /// <summary>Pixels of an image that is none of a file [3, 32, 32], 0–255.</summary>
    public ReadOnlySpan<float> PixelsOf(int index) => _cifar!.Pixels.Slice(_records[index], 1).Span;

    /// <summary>The images as ML.NET's rows, with a column Pixels.</summary>
    /// <param name="context">The context.</param>
    /// <param name="shape">Shape of one image as the network takes it: [channels, height, width].</param>
    /// <exception cref="InvalidDataException">The network takes images of another size than these have.</exception>
    public IDataView LoadPixels(MLContext context, ReadOnlySpan<int> shape)
    {
        if (_cifar is null)
        {
            IDataView rows = context.Data.LoadFromEnumerable(_files);
            return ImageLoading.Create(context, shape).Fit(rows).Transform(rows);
        }

        CheckSize(shape);
        return context.Data.LoadFromEnumerable(
            Enumerable.Range(0, Count).Select(i => new ImagePixels { Pixels = PixelsOf(i).ToArray() }), ImagePixels.DefineSchema(shape));
    }

    /// <summary>Makes sure that pixels of a CIFAR file fit a network; image files are resized.</summary>
    /// <exception cref="InvalidDataException">They do not.</exception>
    public void CheckSize(ReadOnlySpan<int> shape)
    {
        if (_cifar is not null && !shape.SequenceEqual([3, CifarImages.Size, CifarImages.Size]))
        {
            throw new InvalidDataException($"'{Path}' holds images of 3×{CifarImages.Size}×{CifarImages.Size} values, the network takes {shape[0]}×{shape[1]}×{shape[2]}. "
                + "Give image files, which are resized.");
        }
    }

    private static ImageSet OpenFile(string path, bool isLabelled)
    {
        if (ImageTable.IsTable(path))
        {
            ImageFile[] listed = [.. ImageTable.Load(path, isLabelled)];
            return listed.Length > 0 ? new ImageSet(path, listed, null, []) : throw new InvalidDataException($"'{path}' names no images.");
        }

        if (IsImage(path))
        {
            return isLabelled ? throw new InvalidDataException($"'{path}' is a single image without a label; give a folder with one folder per class, or a list (.tsv, .csv).")
                : new ImageSet(path, [new ImageFile { ImagePath = path }], null, []);
        }

        CifarImages cifar = CifarImages.Load(path);
        return new ImageSet(path, [], cifar, [.. Enumerable.Range(0, cifar.Count)]);
    }

    private static IEnumerable<ImageFile> ListFolder(string path, bool isLabelled)
    {
        IEnumerable<string> own = isLabelled ? [] : ListImages(path);
        return own.Select(file => new ImageFile { ImagePath = file }).Concat(
            from folder in Directory.GetDirectories(path).Order(StringComparer.Ordinal)
            from file in ListImages(folder)
            select new ImageFile { ImagePath = file, Label = System.IO.Path.GetFileName(folder) });
    }

    private static IEnumerable<string> ListImages(string folder) => Directory.GetFiles(folder).Where(IsImage).Order(StringComparer.Ordinal);

    private static bool IsImage(string path) => Extensions.Contains(System.IO.Path.GetExtension(path).ToLowerInvariant());
}
