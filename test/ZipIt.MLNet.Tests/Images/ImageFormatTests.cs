using Microsoft.ML;
using Microsoft.ML.Data;
using SkiaSharp;

namespace ZipIt.MLNet.Tests;

/// <summary>
/// What <c>LoadImages</c>, <c>ResizeImages</c> and <c>ExtractPixels</c> make of every kind of image file; <c>docs/images.md</c> says it in words.
/// </summary>
public sealed class ImageFormatTests : IDisposable
{
    private const int Size = 8;

    private static readonly byte[] Red = [200, 40, 60, 255];
    private static readonly byte[] Blue = [10, 120, 250, 255];
    private static readonly byte[] HalfClear = [200, 100, 50, 128];

    private readonly MLContext _context = new(1);
    private readonly ImageFolder _folder = new();

    /// <summary>Files of 8×8 pixels, red on the left and blue on the right.</summary>
    public static TheoryData<string, byte[]> LosslessFiles => new()
    {
        { "rgb.png", ImageBytes.Png(Size, Size, 8, ImageBytes.Rgb, (x, _) => Channels(HalfAndHalf(x))) },
        { "palette.png", ImageBytes.Png(Size, Size, 8, ImageBytes.Palette, (x, _) => [x < Size / 2 ? 0 : 1], [.. Red[..3], .. Blue[..3]]) },
        { "palette of 1 bit.png", ImageBytes.Png(Size, Size, 1, ImageBytes.Palette, (x, _) => [x < Size / 2 ? 0 : 1], [.. Red[..3], .. Blue[..3]]) },
        { "skia.png", ImageBytes.Encode(SKEncodedImageFormat.Png, Size, Size, (x, _) => HalfAndHalf(x)) },
        { "lines are padded.bmp", ImageBytes.Bmp(Size, Size, (x, _) => HalfAndHalf(x)) },
        { "png by another name.jpg", ImageBytes.Png(Size, Size, 8, ImageBytes.Rgb, (x, _) => Channels(HalfAndHalf(x))) },
    };

    /// <summary>Files of 8×8 pixels of one colour, and the red, green and blue that they give.</summary>
    public static TheoryData<string, byte[], int[]> FlatFiles => new()
    {
        { "gif.gif", ImageBytes.Gif(Size, transparent: false, Red), [200, 40, 60] },
        { "of an animation, the first frame.gif", ImageBytes.Gif(Size, transparent: false, Red, Blue), [200, 40, 60] },
        { "jpeg.jpg", ImageBytes.Encode(SKEncodedImageFormat.Jpeg, Size, Size, (_, _) => Red), [200, 40, 60] },
        { "webp.webp", ImageBytes.Encode(SKEncodedImageFormat.Webp, Size, Size, (_, _) => Red), [200, 40, 60] },
        { "gray.png", ImageBytes.Png(Size, Size, 8, ImageBytes.Gray, (_, _) => [77]), [77, 77, 77] },
        { "gray of 1 bit.png", ImageBytes.Png(Size, Size, 1, ImageBytes.Gray, (_, _) => [1]), [255, 255, 255] },
        { "gray.jpg", ImageBytes.Jpeg([77], adobeTransform: null), [77, 77, 77] },

        // The upper 8 bits of 16, rounded for colours.
        { "16 bits.png", ImageBytes.Png(Size, Size, 16, ImageBytes.Rgb, (_, _) => [200 * 257, 100 * 257, 50 * 257]), [200, 100, 50] },
        { "gray of 16 bits.png", ImageBytes.Png(Size, Size, 16, ImageBytes.Gray, (_, _) => [100 * 257]), [100, 100, 100] },

        // Transparent is black: colours are multiplied by alpha.
        { "half transparent.png", ImageBytes.Png(Size, Size, 8, ImageBytes.Rgba, (_, _) => Channels(HalfClear, 4)), [100, 50, 25] },
        { "half transparent.webp", ImageBytes.Encode(SKEncodedImageFormat.Webp, Size, Size, (_, _) => HalfClear), [100, 50, 25] },
        { "transparent.png", ImageBytes.Png(Size, Size, 8, ImageBytes.Rgba, (_, _) => [200, 100, 50, 0]), [0, 0, 0] },
        { "half transparent gray.png", ImageBytes.Png(Size, Size, 8, ImageBytes.GrayAlpha, (_, _) => [200, 128]), [100, 100, 100] },
        { "half transparent palette.png", ImageBytes.Png(Size, Size, 8, ImageBytes.Palette, (_, _) => [0], HalfClear[..3], [128]), [100, 50, 25] },
        { "transparent color.png", ImageBytes.Png(Size, Size, 8, ImageBytes.Rgb, (_, _) => [200, 100, 50], null, [0, 200, 0, 100, 0, 50]), [0, 0, 0] },
        { "transparent.gif", ImageBytes.Gif(Size, transparent: true, Red), [0, 0, 0] },

        // Inks are taken as Adobe stores them, 255 for none, with its marker and without.
        { "cmyk.jpg", ImageBytes.Jpeg([255, 128, 64, 200], adobeTransform: null), [200, 100, 50] },
        { "cmyk of Adobe.jpg", ImageBytes.Jpeg([255, 128, 64, 200], adobeTransform: 0), [200, 100, 50] },
        { "ycck of Adobe.jpg", ImageBytes.Jpeg([128, 128, 128, 200], adobeTransform: 2), [100, 100, 100] },
    };

    /// <summary>Files that are refused.</summary>
    public static TheoryData<string, byte[]> UnreadableFiles => new()
    {
        { "empty.png", [] },
        { "text.png", "no image"u8.ToArray() },
        { "ends in the header.png", LargePng()[..20] },
        { "one byte damaged.png", Damage(LargePng()) },
        { "ends in the header.jpg", LargeJpeg()[..30] },
    };

    /// <summary>Files that end half-way, and nobody says so.</summary>
    public static TheoryData<string, byte[]> CutFiles => new()
    {
        { "cut.png", Half(LargePng()) },
        { "cut.jpg", Half(LargeJpeg()) },
        { "cut.webp", Half(ImageBytes.Encode(SKEncodedImageFormat.Webp, 64, 64, Gradient)) },
        { "cut.bmp", Half(ImageBytes.Bmp(64, 64, Gradient)) },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(LosslessFiles))]
    public void Pipeline_LosslessFile_GivesTheColorsInPlanes(string name, byte[] file)
    {
        float[] pixels = Read(name, file, Size);

        float[][] planes = [.. pixels.Chunk(Size * Size)];
        for (int i = 0; i < Size * Size; i++)
            Assert.Equal(Channels(HalfAndHalf(i % Size)), planes.Select(plane => (int)plane[i]));
    }

    [Theory]
    [MemberData(nameof(FlatFiles))]
    public void Pipeline_FlatFile_GivesItsColor(string name, byte[] file, int[] expected)
    {
        float[] pixels = Read(name, file, Size);

        int plane = Size * Size;
        for (int i = 0; i < pixels.Length; i++)
            Assert.InRange(pixels[i], expected[i / plane] - 1, expected[i / plane] + 1);
    }

    [Fact]
    public void Pipeline_OnePixel_FillsTheImage()
    {
        float[] pixels = Read("one.png", ImageBytes.Png(1, 1, 8, ImageBytes.Rgb, (_, _) => [1, 2, 3]), Size);

        Assert.Equal([1f, 2f, 3f], pixels.Chunk(Size * Size).Select(plane => Assert.Single(plane.Distinct())));
    }

    /// <summary>Cameras store upright pictures lying, and say so beside them.</summary>
    [Fact]
    public void Pipeline_ExifOrientation_IsIgnored()
    {
        byte[] lying = ImageBytes.Encode(SKEncodedImageFormat.Jpeg, 64, 64, (x, _) => x < 32 ? Red : Blue);

        Assert.Equal(Read("plain.jpg", lying, Size), Read("turned.jpg", ImageBytes.WithExifOrientation(lying, 6), Size));
    }

    [Theory]
    [MemberData(nameof(CutFiles))]
    public void Pipeline_CutFile_IsBlackWhereItEnds(string name, byte[] file)
    {
        float[] pixels = Read(name, file, 64);

        float[] rows = [.. pixels.Chunk(64).Take(64).Select(row => row.Sum())];
        Assert.Contains(rows, row => row == 0);
        Assert.Contains(rows, row => row > 0);
    }

    [Fact]
    public void Pipeline_EmptyPath_IsBlack() => Assert.All(Read("", null, Size), pixel => Assert.Equal(0, pixel));

    [Theory]
    [MemberData(nameof(UnreadableFiles))]
    public void Pipeline_UnreadableFile_IsRefusedWithoutItsName(string name, byte[] file)
    {
        var failure = Assert.Throws<InvalidOperationException>(() => Read(name, file, Size));

        Assert.IsType<ArgumentException>(failure.InnerException);
        Assert.DoesNotContain(name, $"{failure}");
    }

    [Fact]
    public void Pipeline_MissingFile_IsNamedInside()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => Read("missing.png", null, Size));

        Assert.Contains("missing.png", Assert.IsType<FileNotFoundException>(failure.InnerException).Message);
    }

    private float[] Read(string name, byte[]? file, int size) => _folder.Add(name, file).Load(_context, size).GetColumn<float[]>("Pixels").Last();

    private static byte[] HalfAndHalf(int x) => x < Size / 2 ? Red : Blue;

    private static int[] Channels(byte[] color, int count = 3) => [.. color[..count]];

    private static byte[] Gradient(int x, int y) => [(byte)(255 - x), (byte)(255 - y), (byte)(x * y % 128 + 64), 255];

    private static byte[] LargePng() => ImageBytes.Png(64, 64, 8, ImageBytes.Rgb, (x, y) => Channels(Gradient(x, y)));

    private static byte[] LargeJpeg() => ImageBytes.Encode(SKEncodedImageFormat.Jpeg, 64, 64, Gradient);

    private static byte[] Half(byte[] file) => file[..(file.Length / 2)];

    private static byte[] Damage(byte[] file)
    {
        file[file.Length / 2] ^= 0xFF;
        return file;
    }
}
