using System.Buffers.Binary;
using System.IO.Compression;
using SkiaSharp;

namespace ZipIt.MLNet.Tests;

/// <summary>Image files of every kind, small and made by hand where no encoder is at hand. A color is red, green, blue and alpha, 0–255.</summary>
internal static class ImageBytes
{
    public const int Gray = 0;
    public const int Rgb = 2;
    public const int Palette = 3;
    public const int GrayAlpha = 4;
    public const int Rgba = 6;

    /// <summary>A file as SkiaSharp encodes it.</summary>
    public static byte[] Encode(SKEncodedImageFormat format, int width, int height, Func<int, int, byte[]> colorAt, int quality = 100)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                bitmap.SetPixel(x, y, new SKColor(colorAt(x, y)[0], colorAt(x, y)[1], colorAt(x, y)[2], colorAt(x, y)[3]));
        }

        using SKData data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    /// <summary>A PNG file of any depth and colour type, by the letter of the specification (ISO/IEC 15948).</summary>
    public static byte[] Png(int width, int height, int depth, int colorType, Func<int, int, int[]> samplesAt, byte[]? palette = null,
        byte[]? transparency = null)
    {
        var raw = new MemoryStream();
        for (int y = 0; y < height; y++)
        {
            raw.WriteByte(0);
            WriteSamples(raw, depth, Enumerable.Range(0, width).SelectMany(x => samplesAt(x, y)));
        }

        var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        WriteChunk(file, "IHDR"u8, [.. BigEndian(width), .. BigEndian(height), (byte)depth, (byte)colorType, 0, 0, 0]);
        if (palette is not null)
            WriteChunk(file, "PLTE"u8, palette);
        if (transparency is not null)
            WriteChunk(file, "tRNS"u8, transparency);
        WriteChunk(file, "IDAT"u8, Deflate(raw.ToArray()));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>A BMP file of 24 bits per pixel, lines bottom up and padded to four bytes.</summary>
    public static byte[] Bmp(int width, int height, Func<int, int, byte[]> colorAt)
    {
        int stride = (3 * width + 3) / 4 * 4;
        var lines = new byte[stride * height];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                ((byte[])[.. colorAt(x, y)[..3].Reverse()]).CopyTo(lines, (height - 1 - y) * stride + 3 * x);
        }

        const int Header = 14 + 40;
        return
        [
            (byte)'B', (byte)'M', .. LittleEndian(Header + lines.Length), 0, 0, 0, 0, .. LittleEndian(Header),
            .. LittleEndian(40), .. LittleEndian(width), .. LittleEndian(height), 1, 0, 24, 0, .. new byte[24],
            .. lines,
        ];
    }

    /// <summary>A GIF file of one frame after the other, each of a single colour, so small that no code is longer than the first ones.</summary>
    /// <param name="size">Width and height, at most 8.</param>
    /// <param name="transparent">Whether the first colour of the palette stands for transparency.</param>
    /// <param name="frames">The colours.</param>
    public static byte[] Gif(int size, bool transparent, params byte[][] frames)
    {
        // 128 colours: codes begin with 8 bits and stay so for 126 of them; 128 clears the table, 129 ends the frame.
        var file = new List<byte>([.. "GIF89a"u8, (byte)size, 0, (byte)size, 0, 0xF6, 0, 0]);
        for (int i = 0; i < 128; i++)
            file.AddRange(i < frames.Length ? frames[i][..3] : [0, 0, 0]);
        for (int i = 0; i < frames.Length; i++)
        {
            file.AddRange([0x21, 0xF9, 4, (byte)(transparent ? 1 : 0), 10, 0, 0, 0]);
            file.AddRange([0x2C, 0, 0, 0, 0, (byte)size, 0, (byte)size, 0, 0, 7]);
            byte[] codes = [128, .. Enumerable.Repeat((byte)i, size * size), 129];
            file.AddRange([(byte)codes.Length, .. codes, 0]);
        }

        return [.. file, 0x3B];
    }

    /// <summary>
    /// A baseline JPEG file of 8×8 pixels of one colour, with any number of components: one block each, and in it the mean alone (ISO/IEC 10918-1).
    /// </summary>
    /// <param name="components">The samples of the components.</param>
    /// <param name="adobeTransform">The transform of an Adobe marker: 0 for plain components, 2 for YCCK; null for no marker.</param>
    public static byte[] Jpeg(byte[] components, byte? adobeTransform)
    {
        var file = new List<byte>([0xFF, 0xD8]);
        if (adobeTransform is { } transform)
            file.AddRange([0xFF, 0xEE, 0, 14, .. "Adobe"u8, 0, 100, 0, 0, 0, 0, transform]);

        // Steps of 8 make the mean's coefficient, 8 times the mean, the mean itself.
        file.AddRange([0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)8, 64)]);
        file.AddRange([0xFF, 0xC0, 0, (byte)(8 + 3 * components.Length), 8, 0, 8, 0, 8, (byte)components.Length]);
        for (byte i = 1; i <= components.Length; i++)
            file.AddRange([i, 0x11, 0]);

        // Means: numbers of 0 to 8 bits, each named by a code of 4 bits. Other coefficients: "no more" is the code 0.
        file.AddRange([0xFF, 0xC4, 0, 28, 0x00, 0, 0, 0, 9, .. new byte[12], 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        file.AddRange([0xFF, 0xC4, 0, 20, 0x10, 1, .. new byte[15], 0]);
        file.AddRange([0xFF, 0xDA, 0, (byte)(6 + 2 * components.Length), (byte)components.Length]);
        for (byte i = 1; i <= components.Length; i++)
            file.AddRange([i, 0]);
        file.AddRange([0, 63, 0]);

        var bits = new List<bool>();
        foreach (byte component in components)
        {
            int mean = component - 128, length = mean == 0 ? 0 : 1 + int.Log2(Math.Abs(mean));
            AddBits(bits, length, 4);
            AddBits(bits, mean < 0 ? mean + (1 << length) - 1 : mean, length);
            bits.Add(false);
        }

        while (bits.Count % 8 != 0)
            bits.Add(true);
        for (int i = 0; i < bits.Count; i += 8)
        {
            byte value = (byte)Enumerable.Range(i, 8).Aggregate(0, (sum, bit) => 2 * sum + (bits[bit] ? 1 : 0));
            file.AddRange(value == 0xFF ? [value, 0] : [value]);
        }

        return [.. file, 0xFF, 0xD9];
    }

    /// <summary>A JPEG file with an EXIF segment that says how the camera was held.</summary>
    /// <param name="jpeg">The file without.</param>
    /// <param name="orientation">1 for upright, 3 for upside down, 6 and 8 for a quarter turn.</param>
    public static byte[] WithExifOrientation(byte[] jpeg, byte orientation)
    {
        byte[] exif =
        [
            .. "Exif\0\0"u8, .. "II*\0"u8, 8, 0, 0, 0,
            1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0,
            0, 0, 0, 0,
        ];
        return [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }

    private static void AddBits(List<bool> bits, int value, int count)
    {
        for (int i = count - 1; i >= 0; i--)
            bits.Add((value >> i & 1) != 0);
    }

    private static void WriteSamples(MemoryStream raw, int depth, IEnumerable<int> samples)
    {
        var bits = new List<bool>();
        foreach (int sample in samples)
            AddBits(bits, sample, depth);
        while (bits.Count % 8 != 0)
            bits.Add(false);
        for (int i = 0; i < bits.Count; i += 8)
            raw.WriteByte((byte)Enumerable.Range(i, 8).Aggregate(0, (sum, bit) => 2 * sum + (bits[bit] ? 1 : 0)));
    }

    private static byte[] Deflate(byte[] raw)
    {
        var compressed = new MemoryStream();
        using (var deflate = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            deflate.Write(raw);
        return compressed.ToArray();
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> type, byte[] content)
    {
        byte[] typed = [.. type, .. content];
        file.Write(BigEndian(content.Length));
        file.Write(typed);
        file.Write(BigEndian((int)Crc(typed)));
    }

    /// <summary>One bit after the other, as the specification defines it.</summary>
    private static uint Crc(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }

        return ~crc;
    }

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] LittleEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
