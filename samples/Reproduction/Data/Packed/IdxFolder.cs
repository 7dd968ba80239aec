namespace Reproduction.Data;

/// <summary>
/// MNIST (LeCun, Cortes and Burges) and Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): grey images of 28×28 pixels in four idx files, plain or compressed:
/// <c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c>, <c>t10k-images-idx3-ubyte</c> and <c>t10k-labels-idx1-ubyte</c>.
/// </summary>
/// <remarks>
/// Where the training images are missing, the test images are split: of each class, every fifth image measures and the others train. The figures are then
/// none of the whole data set's.
/// </remarks>
internal static class IdxFolder
{
    private const int Size = 28;
    private const int TestShare = 5; // one in so many

    /// <summary>Names of MNIST's classes.</summary>
    public static IReadOnlyList<string> Digits { get; } = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

    /// <summary>Names of Fashion-MNIST's classes.</summary>
    public static IReadOnlyList<string> Clothes { get; } =
        ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot"];

    /// <summary>Reads a data set into memory.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Name of the data set.</param>
    /// <param name="labels">Names of its classes.</param>
    /// <exception cref="IOException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is not as expected; the message names it.</exception>
    public static DataSet Load(string folder, string name, IReadOnlyList<string> labels)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder '{folder}'.");
        GreyImages test = Read(folder, "t10k", labels);
        return Directory.GetFiles(folder, "train-*").Length > 0 ? new DataSet(name, Read(folder, "train", labels), test) : Split(name, test);
    }

    private static DataSet Split(string name, GreyImages images)
    {
        ILookup<bool, int> parts = Enumerable.Range(0, images.Count)
            .GroupBy(images.ClassOf)
            .SelectMany(group => group.Select((image, i) => (Image: image, IsTest: i % TestShare == TestShare - 1)))
            .OrderBy(entry => entry.Image)
            .ToLookup(entry => entry.IsTest, entry => entry.Image);
        return new DataSet(name, images.Choose([.. parts[false]]), images.Choose([.. parts[true]]));
    }

    private static GreyImages Read(string folder, string part, IReadOnlyList<string> labels)
    {
        IdxFile classes = IdxFile.Read(folder, $"{part}-labels-idx1-ubyte", extents: 1);
        IdxFile images = IdxFile.Read(folder, $"{part}-images-idx3-ubyte", extents: 3);
        if (images.Shape[1] != Size || images.Shape[2] != Size)
            throw new InvalidDataException($"'{images.Path}': expected images of {Size}×{Size} pixels, found {images.Shape[1]}×{images.Shape[2]}.");
        if (images.Shape[0] != classes.Shape[0])
            throw new InvalidDataException($"'{images.Path}' has {images.Shape[0]} images, '{classes.Path}' {classes.Shape[0]} labels.");
        int wrong = classes.Values.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(labels.Count - 1));
        return wrong < 0
            ? new GreyImages(labels, Size, images.Values, classes.Values)
            : throw new InvalidDataException($"'{classes.Path}', label {wrong}: expected a number below {labels.Count}, found {classes.Values[wrong]}.");
    }
}
