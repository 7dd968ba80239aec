using SkiaSharp;

namespace ZipIt.Reproduction.Tests;

/// <summary>Image files that tests draw.</summary>
internal static class DrawnImages
{
    /// <summary>Writes an image of one colour with a gradient across; the extension says its format.</summary>
    public static void Write(string path, int width, int height, SKColor colour)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var bitmap = new SKBitmap(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                bitmap.SetPixel(x, y, new SKColor(colour.Red, colour.Green, (byte)(255 * x / width)));
        }

        Write(path, bitmap);
    }

    /// <summary>Writes an image; the extension says its format.</summary>
    public static void Write(string path, SKBitmap bitmap)
    {
        SKEncodedImageFormat format = Path.GetExtension(path).Equals(".png", StringComparison.OrdinalIgnoreCase) ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg;
        using SKData data = bitmap.Encode(format, 95);
        File.WriteAllBytes(path, data.ToArray());
    }
}
