namespace ZipIt.Networks;

/// <summary>
/// Labelled images in CIFAR-10's binary layout: records of one byte for the label and 3,072 bytes for 32×32 pixels, red, green and blue
/// planes one after the other.
/// </summary>
public sealed class CifarImages
{
    /// <summary>Height and width in pixels.</summary>
    public const int Size = 32;

    private const int Channels = 3;
    private const int PixelsPerImage = Channels * Size * Size;

    private readonly byte[] _labels;

    private CifarImages(byte[] labels, Tensor pixels)
    {
        _labels = labels;
        Pixels = pixels;
    }

    /// <summary>Number of images.</summary>
    public int Count => _labels.Length;

    /// <summary>Class of each image, 0 … 9.</summary>
    public ReadOnlySpan<byte> Labels => _labels;

    /// <summary>Pixels [images, 3, 32, 32], values 0 … 255.</summary>
    public Tensor Pixels { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of the file, e.g. <c>test_batch.bin</c>.</param>
    /// <exception cref="InvalidDataException">The file is not made of such records; the message names it.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static CifarImages Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return Load(stream, path);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="stream">The file, from its position to its end; must be able to seek.</param>
    /// <param name="source">Name of the file for messages.</param>
    /// <exception cref="InvalidDataException">The file is not made of such records; the message names it.</exception>
    public static CifarImages Load(Stream stream, string source)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        const int Classes = 10;
        const int RecordLength = 1 + PixelsPerImage;
        long length = stream.Length - stream.Position;
        if (length == 0 || length % RecordLength != 0 || length / RecordLength * PixelsPerImage > Array.MaxLength)
            throw new InvalidDataException($"'{source}': expected records of {RecordLength} bytes, as in CIFAR-10, found {length} bytes.");

        var labels = new byte[length / RecordLength];
        var pixels = new Tensor(labels.Length, Channels, Size, Size);
        var record = new byte[RecordLength];
        for (int i = 0; i < labels.Length; i++)
        {
            stream.ReadExactly(record);
            labels[i] = record[0];
            if (labels[i] >= Classes)
                throw new InvalidDataException($"'{source}', record {i}: expected a label below {Classes}, found {labels[i]}.");
            ElementType.UInt8.ToFloats(record.AsSpan(1), pixels.Span.Slice(i * PixelsPerImage, PixelsPerImage));
        }

        return new CifarImages(labels, pixels);
    }
}
