using SkiaSharp;
using ZipIt.Networks;

namespace Reproduction.SinGan;

/// <summary>Rows of images with captions, as the content of a PNG file.</summary>
internal static class ImageGrid
{
    private const int Gap = 6;
    private const int CaptionHeight = 18;

    /// <summary>Draws them.</summary>
    /// <param name="rows">Caption and images [3, height, width] of −1 … 1; all of one size.</param>
    public static byte[] Draw(IReadOnlyList<(string Caption, IReadOnlyList<Tensor> Images)> rows)
    {
        (int height, int width) = (rows[0].Images[0][1], rows[0].Images[0][2]);
        int columns = rows.Max(row => row.Images.Count);
        using var bitmap = new SKBitmap(columns * (width + Gap) + Gap, rows.Count * (height + CaptionHeight + Gap) + Gap);
        using var canvas = new SKCanvas(bitmap);
        using var ink = new SKPaint { Color = SKColors.Black, IsAntialias = true, TextSize = 13 };
        canvas.Clear(SKColors.White);
        for (int row = 0; row < rows.Count; row++)
        {
            int top = Gap + row * (height + CaptionHeight + Gap);
            canvas.DrawText(rows[row].Caption, Gap, top + 13, ink);
            for (int column = 0; column < rows[row].Images.Count; column++)
            {
                using SKBitmap image = ToBitmap(rows[row].Images[column]);
                canvas.DrawBitmap(image, Gap + column * (width + Gap), top + CaptionHeight);
            }
        }

        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private static SKBitmap ToBitmap(Tensor image)
    {
        (int height, int width) = (image[1], image[2]);
        var bitmap = new SKBitmap(width, height);
        for (int i = 0; i < height * width; i++)
            bitmap.SetPixel(i % width, i / width, new SKColor(At(i, 0), At(i, 1), At(i, 2)));
        return bitmap;

        byte At(int pixel, int channel) => (byte)Math.Clamp(Math.Round(127.5 * (image.Span[channel * height * width + pixel] + 1)), 0, 255);
    }
}
