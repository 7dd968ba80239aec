using System.Buffers.Binary;
using System.IO.Compression;

namespace WebApi;

/// <summary>
/// Unpacks the pixels of a PNG file and counts them. A decoder shows whatever rows there are, and grey for the rest; a picture that is classified must be
/// whole.
/// </summary>
internal static class PngPixels
{
    private const int Overhead = 12; // of a chunk: length, type, checksum
    private const int LargestFilter = 4;
    private const int LargestPart = 1 << 16; // of a row that is unpacked at a time

    // First column and row of each of the seven parts of an interlaced picture, and the steps between columns and rows (ISO/IEC 15948, clause 8.2).
    private static readonly (int X, int Y, int StepX, int StepY)[] Interlaced =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>Makes sure that all pixels are there.</summary>
    /// <param name="file">A file whose chunks <see cref="ImageFileCheck"/> has found whole.</param>
    /// <exception cref="RejectedImageException">They are not.</exception>
    public static void Check(ReadOnlySpan<byte> file)
    {
        const int FirstContent = 16, HeaderLength = 13;
        ReadOnlySpan<byte> header = file.Slice(FirstContent, HeaderLength);
        int width = BinaryPrimitives.ReadInt32BigEndian(header), height = BinaryPrimitives.ReadInt32BigEndian(header[4..]);
        int bits = header[8] * CountChannels(header[9]);
        if (bits == 0 || header[12] > 1)
            throw Reject("its header names a kind of picture that there is not");
        using var unpacked = new BufferedStream(new ZLibStream(Collect(file), CompressionMode.Decompress), LargestPart);
        try
        {
            foreach ((int x, int y, int stepX, int stepY) in header[12] == 1 ? Interlaced : [(0, 0, 1, 1)])
                ReadRows(unpacked, CountSteps(width, x, stepX), CountSteps(height, y, stepY), bits);

            // The checksum behind the pixels is looked at when the end is reached.
            unpacked.ReadByte();
        }
        catch (InvalidDataException damage)
        {
            throw Reject("its pixels cannot be unpacked", damage);
        }
        catch (EndOfStreamException damage)
        {
            throw Reject("pixels are missing", damage);
        }
    }

    private static void ReadRows(Stream unpacked, int columns, int rows, int bits)
    {
        if (columns == 0)
            return;
        long length = ((long)columns * bits + 7) / 8;
        var part = new byte[(int)Math.Min(length, LargestPart)];
        for (int y = 0; y < rows; y++)
        {
            int filter = unpacked.ReadByte();
            if (filter < 0)
                throw new EndOfStreamException();
            if (filter > LargestFilter)
                throw Reject("a row of pixels makes no sense");
            for (long left = length; left > 0; left -= part.Length)
                unpacked.ReadExactly(part.AsSpan(0, (int)Math.Min(left, part.Length)));
        }
    }

    /// <summary>The packed pixels of all chunks that have some.</summary>
    private static MemoryStream Collect(ReadOnlySpan<byte> file)
    {
        var packed = new MemoryStream();
        for (ReadOnlySpan<byte> chunks = file[8..]; chunks.Length >= Overhead;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(chunks);
            if (chunks.Slice(4, 4).SequenceEqual("IDAT"u8))
                packed.Write(chunks.Slice(8, length));
            chunks = chunks[(Overhead + length)..];
        }

        packed.Position = 0;
        return packed;
    }

    private static int CountSteps(int extent, int first, int step) => Math.Max(0, (extent - first + step - 1) / step);

    private static int CountChannels(int colorType) => colorType switch
    {
        0 or 3 => 1,
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 0,
    };

    private static RejectedImageException Reject(string what, Exception? cause = null) =>
        new(StatusCodes.Status400BadRequest, $"The PNG image is damaged: {what}.", cause);
}
