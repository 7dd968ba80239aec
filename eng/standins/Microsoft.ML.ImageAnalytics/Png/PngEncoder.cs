using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.ML.Internal.Utilities;

namespace Microsoft.ML.Data.Png;

/// <summary>Writes PNG images: RGB, or RGBA if any pixel is not opaque.</summary>
internal static class PngEncoder
{
    /// <summary>Writes an image of straight RGBA pixels.</summary>
    public static void Encode(Stream stream, int width, int height, ReadOnlySpan<byte> pixels)
    {
        bool isOpaque = true;
        for (int i = 3; i < pixels.Length; i += 4)
            isOpaque &= pixels[i] == 255;
        int channels = isOpaque ? 3 : 4;

        stream.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> header = stackalloc byte[PngHeader.Length];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = (byte)(isOpaque ? PngColorType.Rgb : PngColorType.Rgba);
        WriteChunk(stream, "IHDR"u8, header);
        WriteChunk(stream, "IDAT"u8, Compress(width, height, pixels, channels));
        WriteChunk(stream, "IEND"u8, []);
    }

    private static byte[] Compress(int width, int height, ReadOnlySpan<byte> pixels, int channels)
    {
        using var compressed = new MemoryStream();
        using (var deflate = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var row = new byte[width * channels];
            var above = new byte[width * channels];
            var filtered = new byte[row.Length + 1];
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                    pixels.Slice(4 * ((y * width) + x), channels).CopyTo(row.AsSpan(x * channels));
                Filter(row, above, channels, filtered);
                deflate.Write(filtered);
                (row, above) = (above, row);
            }
        }
        return compressed.ToArray();
    }

    // The filter whose differences are smallest in sum is usually the one that compresses best.
    private static void Filter(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int distance, Span<byte> filtered)
    {
        long smallest = long.MaxValue;
        var candidate = new byte[filtered.Length];
        for (int filter = PngFilter.None; filter <= PngFilter.Paeth; filter++)
        {
            candidate[0] = (byte)filter;
            long sum = 0;
            for (int i = 0; i < row.Length; i++)
            {
                int left = i >= distance ? row[i - distance] : 0;
                int aboveLeft = i >= distance ? above[i - distance] : 0;
                byte difference = (byte)(row[i] - PngFilter.Predict(filter, left, above[i], aboveLeft));
                candidate[i + 1] = difference;
                sum += Math.Abs((int)(sbyte)difference);
            }
            if (sum < smallest)
            {
                smallest = sum;
                candidate.CopyTo(filtered);
            }
        }
    }

    private static void WriteChunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        stream.Write(number);
        stream.Write(type);
        stream.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Compute(content, Crc32.Compute(type)));
        stream.Write(number);
    }
}
