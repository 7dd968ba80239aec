using System.Buffers.Binary;
using System.IO.Compression;

namespace ZipIt.StandIns.Tests.Images;

/// <summary>Writes PNG files by the letter of the specification, independently of the stand-in: unfiltered rows, plain CRC, any depth and colour type.</summary>
internal static class TestPng
{
    public const int Gray = 0;
    public const int Rgb = 2;
    public const int Palette = 3;
    public const int GrayAlpha = 4;
    public const int Rgba = 6;

    private static readonly (int Left, int Top, int ColumnStep, int RowStep)[] Adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>The file of an image whose samples are given for each pixel.</summary>
    public static byte[] Encode(
        int width, int height, int depth, int colorType, Func<int, int, int[]> samples, bool interlaced = false, byte[]? palette = null, byte[]? transparency = null)
    {
        using var raw = new MemoryStream();
        foreach ((int left, int top, int columnStep, int rowStep) in interlaced ? Adam7 : [(0, 0, 1, 1)])
        {
            for (int y = top; y < height && left < width; y += rowStep)
            {
                raw.WriteByte(0);
                WriteRow(raw, depth, Enumerable.Range(0, width).Where(x => x >= left && (x - left) % columnStep == 0).SelectMany(x => samples(x, y)));
            }
        }
        return File(Header(width, height, depth, colorType, interlaced), Compress(raw.ToArray()), palette, transparency);
    }

    /// <summary>A file of given chunks.</summary>
    public static byte[] File(byte[] header, byte[] data, byte[]? palette = null, byte[]? transparency = null)
    {
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        WriteChunk(file, "IHDR", header);
        WriteChunk(file, "tEXt", "Title\0test"u8.ToArray());
        if (palette != null)
            WriteChunk(file, "PLTE", palette);
        if (transparency != null)
            WriteChunk(file, "tRNS", transparency);
        WriteChunk(file, "IDAT", data[..(data.Length / 2)]);
        WriteChunk(file, "IDAT", data[(data.Length / 2)..]);
        WriteChunk(file, "IEND", []);
        return file.ToArray();
    }

    public static byte[] Header(int width, int height, int depth, int colorType, bool interlaced = false)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = (byte)depth;
        header[9] = (byte)colorType;
        header[12] = (byte)(interlaced ? 1 : 0);
        return header;
    }

    public static byte[] Compress(byte[] raw)
    {
        using var compressed = new MemoryStream();
        using (var deflate = new ZLibStream(compressed, CompressionLevel.Optimal))
            deflate.Write(raw);
        return compressed.ToArray();
    }

    public static void WriteChunk(Stream file, string type, byte[] content)
    {
        byte[] typed = [.. type.Select(character => (byte)character), .. content];
        var number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(typed);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(typed));
        file.Write(number);
    }

    // One bit after the other, as the specification defines it.
    public static uint Crc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }
        return ~crc;
    }

    private static void WriteRow(Stream raw, int depth, IEnumerable<int> samples)
    {
        int pending = 0;
        int bits = 0;
        foreach (int sample in samples)
        {
            if (depth == 16)
            {
                raw.WriteByte((byte)(sample >> 8));
                raw.WriteByte((byte)sample);
                continue;
            }
            pending = (pending << depth) | sample;
            bits += depth;
            if (bits == 8)
            {
                raw.WriteByte((byte)pending);
                (pending, bits) = (0, 0);
            }
        }
        if (bits > 0)
            raw.WriteByte((byte)(pending << (8 - bits)));
    }
}
