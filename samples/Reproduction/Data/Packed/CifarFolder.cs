using System.Globalization;

namespace Reproduction.Data;

/// <summary>
/// CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in their binary layout: records of a label and 32×32 pixels, the planes of red, green and blue one after the other.
/// </summary>
/// <remarks>
/// Training images are in <c>data_batch_1.bin</c> … <c>data_batch_5.bin</c> or in files whose names begin with <c>train</c>, test images in those whose names
/// begin with <c>test</c>. CIFAR-100's records begin with a coarse label and the fine one, which counts; a file of records with the fine label alone is known
/// by its length.
/// </remarks>
internal static class CifarFolder
{
    private const int Size = 32;
    private const int PixelsPerImage = 3 * Size * Size;
    private const int CoarseClasses = 20;

    private static readonly string[] Labels10 = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>Reads a data set into memory.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="classes">10 or 100.</param>
    /// <exception cref="IOException">There is no such folder, or a part is missing.</exception>
    /// <exception cref="InvalidDataException">A file is not as expected; the message names it.</exception>
    public static DataSet Load(string folder, int classes)
    {
        string[] labels = classes switch
        {
            10 => ReadLabels(folder, "batches.meta.txt", classes) ?? Labels10,
            100 => ReadLabels(folder, "fine_label_names.txt", classes)
                ?? [.. Enumerable.Range(0, classes).Select(number => number.ToString(CultureInfo.InvariantCulture))],
            _ => throw new ArgumentOutOfRangeException(nameof(classes), classes, "Expected 10 or 100."),
        };
        return new DataSet($"cifar{classes}", Read(folder, labels, "data_batch_*.bin", "train*.bin"), Read(folder, labels, "test*.bin"));
    }

    /// <summary>Names of the classes, a line for each; null if there is no such file.</summary>
    private static string[]? ReadLabels(string folder, string name, int classes)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
            return null;
        string[] labels = [.. ListFile.ReadLines(path).Select(line => line.Text)];
        return labels.Length == classes && labels.Distinct().Count() == classes
            ? labels
            : throw new InvalidDataException($"'{path}': expected {classes} different names of classes, found {labels.Distinct().Count()}.");
    }

    private static PackedImages Read(string folder, string[] labels, params string[] patterns)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder '{folder}'.");
        string[] paths = [.. patterns.SelectMany(pattern => Directory.GetFiles(folder, pattern)).Order(StringComparer.Ordinal)];
        if (paths.Length == 0)
            throw new FileNotFoundException($"'{folder}' has no file {string.Join(" or ", patterns)} in CIFAR's binary layout.");
        (string Path, int RecordLength, long Count)[] files = [.. paths.Select(path => Measure(path, labels.Length))];
        long count = files.Sum(file => file.Count);
        if (count * PixelsPerImage > Array.MaxLength)
            throw new InvalidDataException($"'{folder}' has {count} images, more than fit in memory at once.");

        var pixels = new byte[count * PixelsPerImage];
        var classes = new int[count];
        int image = 0;
        foreach ((string path, int recordLength, long records) in files)
        {
            using FileStream stream = File.OpenRead(path);
            var head = new byte[recordLength - PixelsPerImage];
            for (int record = 0; record < records; record++, image++)
            {
                stream.ReadExactly(head);
                classes[image] = head[^1] < labels.Length
                    ? head[^1]
                    : throw new InvalidDataException($"'{path}', record {record}: expected a label below {labels.Length}, found {head[^1]}.");
                stream.ReadExactly(pixels.AsSpan(image * PixelsPerImage, PixelsPerImage));
            }
        }

        return new PackedImages(labels, [3, Size, Size], pixels, classes);
    }

    private static (string Path, int RecordLength, long Count) Measure(string path, int classes)
    {
        const int OneLabel = 1 + PixelsPerImage, TwoLabels = 2 + PixelsPerImage;
        long length = new FileInfo(path).Length;
        bool mayBeOne = length % OneLabel == 0, mayBeTwo = classes == 100 && length % TwoLabels == 0;
        if (length == 0 || !(mayBeOne || mayBeTwo))
        {
            throw new InvalidDataException(
                $"'{path}': expected records of {OneLabel} bytes{(classes == 100 ? $" or {TwoLabels} bytes" : "")}, as in CIFAR-{classes}, found {length} bytes.");
        }

        int recordLength = mayBeTwo && (!mayBeOne || AreCoarse(path, TwoLabels)) ? TwoLabels : OneLabel;
        return (path, recordLength, length / recordLength);
    }

    /// <summary>Whether each record begins with the number of a coarse class, where the length allows both kinds.</summary>
    private static bool AreCoarse(string path, int recordLength)
    {
        using FileStream stream = File.OpenRead(path);
        for (long start = 0; start < stream.Length; start += recordLength)
        {
            stream.Position = start;
            if (stream.ReadByte() >= CoarseClasses)
                return false;
        }

        return true;
    }
}
