using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.Images;

public class MLImageTests
{
    [Fact]
    public void CreateFromPixels_WrongArguments_Throws()
    {
        var pixels = new byte[16];
        Assert.Throws<ArgumentException>("pixelFormat", () => MLImage.CreateFromPixels(2, 2, MLPixelFormat.Unknown, pixels));
        Assert.Throws<ArgumentException>("width", () => MLImage.CreateFromPixels(0, 2, MLPixelFormat.Bgra32, pixels));
        Assert.Throws<ArgumentException>("height", () => MLImage.CreateFromPixels(2, -1, MLPixelFormat.Bgra32, pixels));
        Assert.Throws<ArgumentException>(() => MLImage.CreateFromPixels(2, 3, MLPixelFormat.Bgra32, pixels));
        Assert.Throws<ArgumentNullException>(() => MLImage.CreateFromFile(null));
        Assert.Throws<ArgumentNullException>(() => MLImage.CreateFromStream(null));
    }

    [Fact]
    public void Dispose_AnyMemberAfterwards_Throws()
    {
        MLImage image = MLImage.CreateFromPixels(1, 1, MLPixelFormat.Rgba32, [1, 2, 3, 4]);
        image.Tag = "tag";
        Assert.Equal("tag", image.Tag);
        image.Dispose();
        image.Dispose();
        Assert.Throws<InvalidOperationException>(() => image.Width);
        Assert.Throws<InvalidOperationException>(() => image.Height);
        Assert.Throws<InvalidOperationException>(() => image.Tag);
        Assert.Throws<InvalidOperationException>(() => image.PixelFormat);
        Assert.Throws<InvalidOperationException>(() => image.BitsPerPixel);
        Assert.Throws<InvalidOperationException>(() => image.Pixels.Length);
        Assert.Throws<InvalidOperationException>(() => image.Save("x.png"));
    }

    [Fact]
    public void Save_OtherExtension_Throws()
    {
        using MLImage image = MLImage.CreateFromPixels(1, 1, MLPixelFormat.Rgba32, [1, 2, 3, 4]);
        Assert.Throws<ArgumentException>(() => image.Save("image.jpg"));
    }

    [Fact]
    public void CloneWithResizing_Crop_FillsTheTargetFromTheAnchor()
    {
        // Four columns of one colour each; a square target keeps the height and two of the columns.
        using MLImage wide = Make(4, 2, (x, _) => 10 * (x + 1));
        Assert.Equal([10, 20], FirstRow(wide, ImageResizeMode.CropAnchorLeft));
        Assert.Equal([30, 40], FirstRow(wide, ImageResizeMode.CropAnchorRight));
        Assert.Equal([20, 30], FirstRow(wide, ImageResizeMode.CropAnchorCentral));
        Assert.Equal([20, 30], FirstRow(wide, ImageResizeMode.CropAnchorTop));

        using MLImage high = Make(2, 4, (_, y) => 10 * (y + 1));
        Assert.Equal(10, FirstRow(high, ImageResizeMode.CropAnchorTop)[0]);
        Assert.Equal(30, FirstRow(high, ImageResizeMode.CropAnchorBottom)[0]);
        Assert.Equal(20, FirstRow(high, ImageResizeMode.CropAnchorCentral)[0]);
    }

    [Fact]
    public void CloneWithResizing_Pad_PutsOpaqueBlackAround()
    {
        using MLImage wide = Make(4, 2, (_, _) => 200);
        using MLImage padded = wide.CloneWithResizing(4, 4, ImageResizeMode.Pad);
        Assert.Equal([0, 200, 200, 0], Enumerable.Range(0, 4).Select(y => (int)padded.Pixels[16 * y]));
        Assert.All(Enumerable.Range(0, 16), i => Assert.Equal(255, padded.Pixels[4 * i + 3]));
    }

    [Fact]
    public void CloneWithResizing_FillAndShrink_KeepFlatColorsFlat()
    {
        using MLImage flat = Make(64, 48, (_, _) => 77);
        foreach (ImageResizeMode mode in Enum.GetValues<ImageResizeMode>())
        {
            using MLImage small = flat.CloneWithResizing(8, 6, mode);
            Assert.Equal((8, 6), (small.Width, small.Height));
            Assert.All(Enumerable.Range(0, 48), i => Assert.Equal(77, small.Pixels[4 * i]));
        }
    }

    [Fact]
    public void CloneWithResizing_Shrink_AveragesWhatItCovers()
    {
        using MLImage stripes = Make(32, 32, (x, _) => x % 2 * 200);
        using MLImage small = stripes.CloneWithResizing(4, 4, ImageResizeMode.CropAnchorCentral);
        Assert.All(Enumerable.Range(0, 16), i => Assert.InRange(small.Pixels[4 * i], 90, 110));
    }

    [Fact]
    public void CloneWithGrayscale_Colors_AreWeightedAsByMLNet()
    {
        using MLImage image = MLImage.CreateFromPixels(2, 1, MLPixelFormat.Rgba32, [100, 200, 50, 255, 0, 0, 255, 255]);
        using MLImage gray = image.CloneWithGrayscale();
        Assert.Equal([154, 154, 154, 255, 28, 28, 28, 255], gray.Pixels.ToArray());
    }

    private static MLImage Make(int width, int height, Func<int, int, int> value)
    {
        byte[] pixels = [.. from y in Enumerable.Range(0, height)
                            from x in Enumerable.Range(0, width)
                            from c in Enumerable.Range(0, 4)
                            select (byte)(c == 3 ? 255 : value(x, y))];
        return MLImage.CreateFromPixels(width, height, MLPixelFormat.Bgra32, pixels);
    }

    private static int[] FirstRow(MLImage image, ImageResizeMode mode)
    {
        using MLImage resized = image.CloneWithResizing(2, 2, mode);
        return [resized.Pixels[0], resized.Pixels[4]];
    }
}
