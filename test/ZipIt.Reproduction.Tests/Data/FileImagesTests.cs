using System.Buffers.Binary;
using Reproduction.Data;
using SkiaSharp;

namespace ZipIt.Reproduction.Tests;

public sealed class FileImagesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_ImageOfTheSize_GivesItsPixels()
    {
        var random = new Random(3);
        using var bitmap = new SKBitmap(7, 5);
        for (int i = 0; i < 35; i++)
            bitmap.SetPixel(i % 7, i / 7, new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)));
        DrawnImages.Write(Path.Combine(_folder, "a.png"), bitmap);

        float[] pixels = Read("a.png", new CentreCrop(5, 3));
        for (int y = 0; y < 3; y++)
        {
            for (int x = 0; x < 3; x++)
            {
                SKColor colour = bitmap.GetPixel(x + 2, y + 1);
                Assert.Equal((colour.Red, colour.Green, colour.Blue), (pixels[y * 3 + x], pixels[9 + y * 3 + x], pixels[18 + y * 3 + x]));
            }
        }
    }

    /// <summary>Stripes of one pixel become grey when each new pixel covers many; a picked pixel would stay black or white.</summary>
    [Theory]
    [InlineData(160, 120)]
    [InlineData(300, 410)]
    public void Read_StripesMadeSmall_BecomeGrey(int width, int height)
    {
        using var bitmap = new SKBitmap(width, height);
        for (int i = 0; i < width * height; i++)
            bitmap.SetPixel(i % width, i / width, i % width % 2 == 0 ? SKColors.Black : SKColors.White);
        DrawnImages.Write(Path.Combine(_folder, "stripes.png"), bitmap);
        Assert.All(Read("stripes.png", CentreCrop.Of(14)), value => Assert.InRange(value, 110, 145));
    }

    /// <summary>What changes evenly is the same at every size.</summary>
    [Theory]
    [InlineData(64, 48)]
    [InlineData(20, 31)]
    [InlineData(1, 1)]
    public void Read_Gradient_KeepsItsMiddle(int width, int height)
    {
        DrawnImages.Write(Path.Combine(_folder, "a.png"), width, height, new SKColor(200, 40, 0));
        float[] pixels = Read("a.png", new CentreCrop(36, 32));
        Assert.All(pixels[..1024], value => Assert.Equal(200, value, 0.01));
        Assert.All(pixels[1024..2048], value => Assert.Equal(40, value, 0.01));
        double perPixel = 255.0 / width * Math.Min(width, height) / 36;
        for (int x = 4; x < 28 && width > 1; x++)
            Assert.Equal(255.0 / width * (width / 2.0 - 1) + perPixel * (x - 15.5) + 127.5 / width, pixels[2048 + 320 + x], 1.0);
    }

    [Fact]
    public void Read_FromManyThreads_GivesTheSame()
    {
        DrawnImages.Write(Path.Combine(_folder, "a.jpg"), 90, 70, SKColors.Red);
        float[] expected = Read("a.jpg", CentreCrop.Of(28));
        var images = new FileImages(["one"], _folder, ["a.jpg"], [0], CentreCrop.Of(28));
        Parallel.For(0, 50, _ =>
        {
            var pixels = new float[images.Length];
            images.Read(0, pixels);
            Assert.Equal(expected, pixels);
        });
    }

    [Fact]
    public void Read_JpegCutShort_IsRefused()
    {
        string path = Path.Combine(_folder, "a.jpg");
        DrawnImages.Write(path, 200, 200, SKColors.Red);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^400]);
        Assert.Contains("a.jpg' is damaged", Assert.Throws<InvalidDataException>(() => Read("a.jpg", CentreCrop.Of(32))).Message);
    }

    [Fact]
    public void Read_NoImage_NamesTheFile()
    {
        File.WriteAllText(Path.Combine(_folder, "a.jpg"), "not an image");
        Assert.Contains("a.jpg' is no image", Assert.Throws<InvalidDataException>(() => Read("a.jpg", CentreCrop.Of(32))).Message);
    }

    [Fact]
    public void Read_PngThatClaimsToBeHuge_IsRefused()
    {
        string path = Path.Combine(_folder, "a.png");
        DrawnImages.Write(path, 2, 2, SKColors.Red);
        byte[] bytes = File.ReadAllBytes(path);
        (bytes[16], bytes[20]) = (1, 1); // 16,777,218 pixels in each direction
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(29), Checksum(bytes.AsSpan(12, 17)));
        File.WriteAllBytes(path, bytes);
        Assert.Contains("a.png'", Assert.Throws<InvalidDataException>(() => Read("a.png", CentreCrop.Of(32))).Message);
    }

    /// <summary>The checksum of a chunk of PNG (ISO 3309), bit by bit.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint rest = uint.MaxValue;
        foreach (byte value in bytes)
        {
            rest ^= value;
            for (int bit = 0; bit < 8; bit++)
                rest = (rest & 1) != 0 ? rest >> 1 ^ 0xEDB88320 : rest >> 1;
        }

        return ~rest;
    }

    private float[] Read(string name, CentreCrop crop)
    {
        var images = new FileImages(["one"], _folder, [name], [0], crop);
        var pixels = new float[images.Length];
        images.Read(0, pixels);
        return pixels;
    }
}
