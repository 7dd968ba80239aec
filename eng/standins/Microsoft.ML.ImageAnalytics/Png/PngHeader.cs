using System.Buffers.Binary;

namespace Microsoft.ML.Data.Png;

/// <summary>The IHDR chunk: size, depth, colour type and interlacing.</summary>
internal sealed record PngHeader(int Width, int Height, int BitDepth, PngColorType ColorType, bool IsInterlaced)
{
    public const int Length = 13;

    /// <summary>The number of samples in a pixel.</summary>
    public int SamplesPerPixel => ColorType switch
    {
        PngColorType.Gray or PngColorType.Palette => 1,
        PngColorType.GrayAlpha => 2,
        PngColorType.Rgb => 3,
        _ => 4,
    };

    /// <summary>The distance in bytes between a byte and the one that filters predict it from.</summary>
    public int FilterDistance => Math.Max(1, SamplesPerPixel * BitDepth / 8);

    public static PngHeader Parse(ReadOnlySpan<byte> data)
    {
        if (data.Length != Length)
            throw new InvalidDataException($"the header has {data.Length} bytes instead of {Length}");
        uint width = BinaryPrimitives.ReadUInt32BigEndian(data);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
            throw new InvalidDataException($"a size of {width}x{height} pixels is not allowed");
        int depth = data[8];
        var type = (PngColorType)data[9];
        bool isKnown = type switch
        {
            PngColorType.Gray => depth is 1 or 2 or 4 or 8 or 16,
            PngColorType.Palette => depth is 1 or 2 or 4 or 8,
            PngColorType.Rgb or PngColorType.GrayAlpha or PngColorType.Rgba => depth is 8 or 16,
            _ => false,
        };
        if (!isKnown)
            throw new InvalidDataException($"there is no colour type {data[9]} of {depth} bits");
        if (data[10] != 0 || data[11] != 0)
            throw new InvalidDataException($"compression method {data[10]} and filter method {data[11]} are not known");
        if (data[12] > 1)
            throw new InvalidDataException($"interlace method {data[12]} is not known");
        return new PngHeader((int)width, (int)height, depth, type, data[12] == 1);
    }

    /// <summary>The number of bytes of a row of <paramref name="width"/> pixels, without the filter byte.</summary>
    public long RowBytes(int width) => (((long)width * SamplesPerPixel * BitDepth) + 7) / 8;
}

/// <summary>What the samples of a pixel mean.</summary>
internal enum PngColorType : byte
{
    Gray = 0,
    Rgb = 2,
    Palette = 3,
    GrayAlpha = 4,
    Rgba = 6,
}
