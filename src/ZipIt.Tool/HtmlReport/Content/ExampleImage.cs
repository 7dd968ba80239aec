using SkiaSharp;

namespace ZipIt.Tool.HtmlReport;

/// <summary>An image that is shown.</summary>
/// <param name="Name">Its name, e.g. that of its file.</param>
/// <param name="Png">A small copy of it as a PNG file.</param>
/// <param name="Label">Its class; null if it is not known.</param>
/// <param name="Verdicts">What each model says of it.</param>
internal sealed record ExampleImage(string Name, ReadOnlyMemory<byte> Png, string? Label, IReadOnlyList<ExampleVerdict> Verdicts)
{
    /// <summary>Longest side of the copy, in pixels.</summary>
    private const int LongestSide = 128;

    /// <summary>Whether the copy is that small that its pixels should be seen as such when it is enlarged.</summary>
    public bool IsSmall { get; init; }

    /// <summary>Makes one of what a network takes.</summary>
    /// <param name="name">Its name, e.g. that of its file.</param>
    /// <param name="pixels">Planar red, green and blue, or grey alone, 0–255 [channels, height, width].</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="label">Its class; null if it is not known.</param>
    /// <param name="verdicts">What each model says of it.</param>
    /// <exception cref="ArgumentException">The pixels are not those of such an image.</exception>
    public static ExampleImage FromPixels(
        string name, ReadOnlySpan<float> pixels, int channels, int height, int width, string? label, IReadOnlyList<ExampleVerdict> verdicts)
    {
        if (channels is not (1 or 3) || height < 1 || width < 1 || pixels.Length != (long)channels * height * width)
        {
            throw new ArgumentException($"Expected the pixels of a grey or coloured image of {height} × {width}, found {pixels.Length} numbers for {channels} "
                + "channels.", nameof(pixels));
        }

        using var whole = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        int area = height * width, green = channels / 3 * area;
        var colors = new SKColor[area];
        for (int i = 0; i < area; i++)
            colors[i] = new SKColor(ToByte(pixels[i]), ToByte(pixels[green + i]), ToByte(pixels[2 * green + i]));
        whole.Pixels = colors;
        return new ExampleImage(name, Encode(whole), label, verdicts) { IsSmall = Math.Max(width, height) <= LongestSide / 2 };
    }

    private static byte[] Encode(SKBitmap whole)
    {
        double scale = Math.Min(1, (double)LongestSide / Math.Max(whole.Width, whole.Height));
        var size = new SKSizeI(Math.Max(1, (int)Math.Round(scale * whole.Width)), Math.Max(1, (int)Math.Round(scale * whole.Height)));
        using SKBitmap? small = scale < 1 ? whole.Resize(size, SKFilterQuality.High) : null;
        using SKImage image = SKImage.FromBitmap(small ?? whole);
        return image.Encode(SKEncodedImageFormat.Png, 100).ToArray();
    }

    private static byte ToByte(float value) => float.IsNaN(value) ? (byte)0 : (byte)Math.Clamp(MathF.Round(value), 0, byte.MaxValue);
}
