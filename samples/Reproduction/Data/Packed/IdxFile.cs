using System.Buffers.Binary;
using System.IO.Compression;

namespace Reproduction.Data;

/// <summary>An array of bytes in the idx layout of MNIST (LeCun, Cortes and Burges), plain or compressed with gzip.</summary>
/// <param name="Path">Path of the file.</param>
/// <param name="Shape">Its extents.</param>
/// <param name="Values">Its values, the last extent's one after the other.</param>
internal sealed record IdxFile(string Path, IReadOnlyList<int> Shape, byte[] Values)
{
    private const int Bytes = 8; // the layout's number for values of one byte
    private const int LargestCompression = 1032; // no stream of Deflate grows more
    private const long MostBytes = 1L << 30;

    /// <summary>Reads a file.</summary>
    /// <param name="folder">Folder with the file.</param>
    /// <param name="name">Its name, without <c>.gz</c>.</param>
    /// <param name="extents">Number of extents that it must have.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not in the layout, or its length is not what its head says.</exception>
    public static IdxFile Read(string folder, string name, int extents)
    {
        string plain = System.IO.Path.Combine(folder, name), compressed = plain + ".gz";
        if (!File.Exists(plain) && !File.Exists(compressed))
            throw new FileNotFoundException($"There is neither '{plain}' nor '{compressed}'.", plain);
        string path = File.Exists(plain) ? plain : compressed;
        using FileStream file = File.OpenRead(path);
        using Stream stream = path == plain ? file : new GZipStream(file, CompressionMode.Decompress);
        try
        {
            long most = path == plain ? file.Length : Math.Min(file.Length * LargestCompression, MostBytes);
            return Read(stream, path, extents, Math.Min(most, MostBytes));
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException($"'{path}' ends too early; a part is missing.");
        }
        catch (InvalidDataException error) when (!error.Message.Contains(path, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"'{path}' is no file of gzip, or is damaged.", error);
        }
    }

    private static IdxFile Read(Stream stream, string path, int extents, long most)
    {
        Span<byte> head = stackalloc byte[4 + 4 * extents];
        stream.ReadExactly(head[..4]);
        if (head[0] != 0 || head[1] != 0 || head[2] != Bytes || head[3] != extents)
        {
            throw new InvalidDataException(
                $"'{path}': expected an idx file of bytes with {extents} extents (00 00 08 {extents:x2}), found {Convert.ToHexString(head[..4])}.");
        }

        stream.ReadExactly(head[4..]);
        var shape = new int[extents];
        long length = 1;
        for (int i = 0; i < extents; i++)
        {
            uint extent = BinaryPrimitives.ReadUInt32BigEndian(head[(4 + 4 * i)..]);
            length = extent == 0 || extent > most || length * extent > most
                ? throw new InvalidDataException($"'{path}' says that its extent {i} is {extent}, which does not fit in a file of this length.")
                : length * extent;
            shape[i] = (int)extent;
        }

        var values = new byte[length];
        stream.ReadExactly(values);
        return stream.ReadByte() < 0
            ? new IdxFile(path, shape, values)
            : throw new InvalidDataException($"'{path}' is longer than the {length} values that its head says.");
    }
}
