using SkiaSharp;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Tests.HtmlReport;

public class ExampleImageTests
{
    [Fact]
    public void FromPixels_SmallImage_KeepsEveryPixel()
    {
        float[] pixels = [.. Enumerable.Range(0, 3 * 5 * 7).Select(i => (float)(i * 37 % 256))];
        ExampleImage image = ExampleImage.FromPixels("a", pixels, 3, 5, 7, null, []);
        using SKBitmap read = SKBitmap.Decode(image.Png.ToArray());
        Assert.Equal((7, 5), (read.Width, read.Height));
        for (int i = 0; i < 35; i++)
            Assert.Equal(new SKColor((byte)pixels[i], (byte)pixels[35 + i], (byte)pixels[70 + i]), read.GetPixel(i % 7, i / 7));
        Assert.True(image.IsSmall);
    }

    [Fact]
    public void FromPixels_LargeImage_IsShrunk()
    {
        var pixels = new float[3 * 300 * 600];
        Array.Fill(pixels, 100);
        ExampleImage image = ExampleImage.FromPixels("a", pixels, 3, 300, 600, null, []);
        using SKBitmap read = SKBitmap.Decode(image.Png.ToArray());
        Assert.Equal((128, 64), (read.Width, read.Height));
        Assert.InRange(read.GetPixel(60, 30).Red, 99, 101);
        Assert.False(image.IsSmall);
    }

    [Fact]
    public void FromPixels_GreyAndOutOfRange_IsClampedGrey()
    {
        ExampleImage image = ExampleImage.FromPixels("a", [-5, 300, float.NaN, 128], 1, 2, 2, null, []);
        using SKBitmap read = SKBitmap.Decode(image.Png.ToArray());
        Assert.Equal([0, 255, 0, 128], new[] { (0, 0), (1, 0), (0, 1), (1, 1) }.Select(at => read.GetPixel(at.Item1, at.Item2).Green));
    }

    [Theory]
    [InlineData(3, 2, 2, 11)]
    [InlineData(2, 2, 2, 8)]
    [InlineData(3, 0, 2, 0)]
    public void FromPixels_OtherSize_IsRefused(int channels, int height, int width, int length)
    {
        Assert.Throws<ArgumentException>(() => ExampleImage.FromPixels("a", new float[length], channels, height, width, null, []));
    }
}
