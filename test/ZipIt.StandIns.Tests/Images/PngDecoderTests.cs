using System.Diagnostics;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.Images;

public class PngDecoderTests
{
    public static TheoryData<int, int, bool> Formats()
    {
        var formats = new TheoryData<int, int, bool>();
        foreach (bool interlaced in new[] { false, true })
        {
            foreach (int depth in new[] { 1, 2, 4, 8, 16 })
                formats.Add(TestPng.Gray, depth, interlaced);
            foreach (int depth in new[] { 1, 2, 4, 8 })
                formats.Add(TestPng.Palette, depth, interlaced);
            foreach (int type in new[] { TestPng.Rgb, TestPng.GrayAlpha, TestPng.Rgba })
            {
                formats.Add(type, 8, interlaced);
                formats.Add(type, 16, interlaced);
            }
        }
        return formats;
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void CreateFromStream_EveryColorTypeAndDepth_GivesItsPixels(int colorType, int depth, bool interlaced)
    {
        // Odd sizes leave bits over at the ends of rows, and empty passes.
        foreach ((int width, int height) in new[] { (13, 11), (1, 1), (3, 9), (8, 8) })
        {
            int largest = (1 << depth) - 1;
            byte[] palette = [.. Enumerable.Range(0, 3 * (1 << Math.Min(depth, 8))).Select(i => (byte)(i * 37))];
            int Sample(int x, int y, int channel) => (x * 31 + y * 57 + channel * 101) * 2654435 & largest;
            int channels = colorType switch { TestPng.Gray or TestPng.Palette => 1, TestPng.GrayAlpha => 2, TestPng.Rgb => 3, _ => 4 };

            // Full alpha: what is transparent has its own test.
            int[] Samples(int x, int y) => [.. Enumerable.Range(0, channels).Select(c => c == channels - 1 && channels % 2 == 0 ? largest : Sample(x, y, c))];
            byte[] file = TestPng.Encode(width, height, depth, colorType, Samples, interlaced, colorType == TestPng.Palette ? palette : null);

            using MLImage image = MLImage.CreateFromStream(new MemoryStream(file));

            Assert.Equal((width, height, MLPixelFormat.Bgra32, 32), (image.Width, image.Height, image.PixelFormat, image.BitsPerPixel));
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    int[] samples = Samples(x, y);
                    byte Scale(int sample) => (byte)(depth == 16 ? sample >> 8 : sample * 255 / largest);
                    byte[] expected = colorType switch
                    {
                        TestPng.Palette => [palette[3 * samples[0] + 2], palette[3 * samples[0] + 1], palette[3 * samples[0]], 255],
                        TestPng.Gray or TestPng.GrayAlpha => [Scale(samples[0]), Scale(samples[0]), Scale(samples[0]), 255],
                        _ => [Scale(samples[2]), Scale(samples[1]), Scale(samples[0]), 255],
                    };
                    Assert.Equal(expected, image.Pixels.Slice(4 * (y * width + x), 4).ToArray());
                }
            }
        }
    }

    [Fact]
    public void CreateFromStream_TransparentPixels_AreMultipliedByAlpha()
    {
        byte[] rgba = TestPng.Encode(3, 1, 8, TestPng.Rgba, (x, _) => [200, 100, 50, x * 100]);
        using MLImage image = MLImage.CreateFromStream(new MemoryStream(rgba));
        Assert.Equal([0, 0, 0, 0, 20, 39, 78, 100, 39, 78, 157, 200], image.Pixels.ToArray());
    }

    [Fact]
    public void CreateFromStream_TransparentColors_BecomeTransparent()
    {
        byte[] gray = TestPng.Encode(3, 1, 4, TestPng.Gray, (x, _) => [x], transparency: [0, 1]);
        byte[] rgb = TestPng.Encode(2, 1, 8, TestPng.Rgb, (x, _) => [x, 2, 3], transparency: [0, 1, 0, 2, 0, 3]);
        byte[] indexed = TestPng.Encode(3, 1, 2, TestPng.Palette, (x, _) => [x], palette: [9, 9, 9, 8, 8, 8, 7, 7, 7], transparency: [255, 0]);

        int[] Alphas(byte[] file)
        {
            using MLImage image = MLImage.CreateFromStream(new MemoryStream(file));
            return [.. image.Pixels.ToArray().Where((_, i) => i % 4 == 3).Select(alpha => (int)alpha)];
        }

        Assert.Equal([255, 0, 255], Alphas(gray));
        Assert.Equal([255, 0], Alphas(rgb));
        Assert.Equal([255, 0, 255], Alphas(indexed));
    }

    [Fact]
    public void Save_AnyPixels_ReadsBackTheSame()
    {
        var random = new Random(5);
        string folder = Directory.CreateTempSubdirectory("png").FullName;
        try
        {
            foreach (bool opaque in new[] { true, false })
            {
                var pixels = new byte[4 * 17 * 9];
                random.NextBytes(pixels);
                for (int i = 3; i < pixels.Length; i += 4)
                    pixels[i] = opaque ? (byte)255 : (byte)(pixels[i] < 128 ? 0 : 255);
                for (int i = 0; i < pixels.Length; i++)
                    pixels[i] = pixels[i | 3] == 0 ? (byte)0 : pixels[i];
                using MLImage image = MLImage.CreateFromPixels(17, 9, MLPixelFormat.Bgra32, pixels);
                string file = Path.Combine(folder, "image.png");
                image.Save(file);
                using MLImage read = MLImage.CreateFromFile(file);
                Assert.Equal(pixels, read.Pixels.ToArray());
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void CreateFromStream_FileCutAnywhere_SaysSo()
    {
        byte[] file = TestPng.Encode(5, 4, 8, TestPng.Rgb, (x, y) => [x, y, 7]);
        for (int length = 0; length < file.Length; length++)
        {
            var e = Assert.Throws<ArgumentException>(() => MLImage.CreateFromStream(new MemoryStream(file, 0, length)));
            Assert.IsType<InvalidDataException>(e.InnerException);
        }
    }

    [Fact]
    public void CreateFromStream_AnyByteChanged_SaysSo()
    {
        byte[] file = TestPng.Encode(5, 4, 4, TestPng.Palette, (x, y) => [(x + y) % 4], interlaced: true, palette: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        for (int i = 0; i < file.Length; i++)
        {
            foreach (byte change in new byte[] { 1, 0x20, 0x80, 0xFF })
            {
                file[i] ^= change;
                Assert.Throws<ArgumentException>(() => MLImage.CreateFromStream(new MemoryStream(file)));
                file[i] ^= change;
            }
        }
    }

    [Fact]
    public void CreateFromStream_WrongContentWithRightChecksums_SaysWhat()
    {
        byte[] row = [0, 1, 2, 3];
        byte[] one = TestPng.Header(1, 1, 8, TestPng.Rgb);
        AssertFault("a size of 0x1 pixels", TestPng.File(TestPng.Header(0, 1, 8, TestPng.Rgb), TestPng.Compress(row)));
        AssertFault("no colour type 2 of 4 bits", TestPng.File(TestPng.Header(1, 1, 4, TestPng.Rgb), TestPng.Compress(row)));
        AssertFault("no colour type 5 of 8 bits", TestPng.File(TestPng.Header(1, 1, 8, 5), TestPng.Compress(row)));
        AssertFault("there is none", TestPng.File(TestPng.Header(1, 1, 8, TestPng.Palette), TestPng.Compress([0, 0])));
        AssertFault("colour 9 of a palette of 1", TestPng.File(TestPng.Header(1, 1, 8, TestPng.Palette), TestPng.Compress([0, 9]), palette: [1, 2, 3]));
        AssertFault("cannot have 4 bytes", TestPng.File(TestPng.Header(1, 1, 8, TestPng.Palette), TestPng.Compress([0, 0]), palette: [1, 2, 3, 4]));
        AssertFault("cannot have 2 bytes", TestPng.File(one, TestPng.Compress(row), transparency: [1, 2]));
        AssertFault("end in row 0", TestPng.File(one, TestPng.Compress([0, 1, 2])));
        AssertFault("more pixel data", TestPng.File(one, TestPng.Compress([.. row, 9])));
        AssertFault("no row filter 7", TestPng.File(one, TestPng.Compress([7, 1, 2, 3])));
        byte[] header = TestPng.Header(1, 1, 8, TestPng.Rgb);
        header[12] = 2;
        AssertFault("interlace method 2", TestPng.File(header, TestPng.Compress(row)));
    }

    [Fact]
    public void CreateFromStream_DamagedChecksumOfPixels_SaysSo()
    {
        byte[] data = TestPng.Compress([0, 1, 2, 3]);
        data[^1] ^= 1;
        AssertFault("", TestPng.File(TestPng.Header(1, 1, 8, TestPng.Rgb), data));
    }

    [Theory]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(40000, 40000)]
    [InlineData(int.MaxValue, 1)]
    public void CreateFromStream_HugeSizeWithLittleData_FailsAtOnceWithoutAllocating(int width, int height)
    {
        // The data inflate well: the size that they claim is refused all the same as soon as they cannot fill it.
        byte[] file = TestPng.File(TestPng.Header(width, height, 8, TestPng.Rgba), TestPng.Compress(new byte[100_000]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();

        AssertFault("", file);

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4_000_000);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void CreateFromStream_RowsThatAreNotThere_AllocatesOnlyForThoseThatAre()
    {
        // 200 KB of noise could be 200 MB of zeros for all that their size says, so only the missing rows give the image away.
        var noise = new byte[200_000];
        new Random(1).NextBytes(noise);
        for (int i = 0; i < noise.Length; i += 20_001)
            noise[i] = 0;
        byte[] file = TestPng.File(TestPng.Header(5000, 5000, 8, TestPng.Rgba), TestPng.Compress(noise));
        long before = GC.GetAllocatedBytesForCurrentThread();

        AssertFault("end in row 9 of 5000", file);

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 8_000_000);
    }

    [Fact]
    public void CreateFromFile_NoFileOrNoPng_NamesTheFile()
    {
        string missing = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.png");
        Assert.Contains(missing, Assert.Throws<ArgumentException>(() => MLImage.CreateFromFile(missing)).Message);

        string text = Path.GetTempFileName();
        File.WriteAllText(text, "no image");
        string message = Assert.Throws<ArgumentException>(() => MLImage.CreateFromFile(text)).Message;
        File.Delete(text);
        Assert.Contains(text, message);
        Assert.Contains("only PNG images", message);
    }

    private static void AssertFault(string expected, byte[] file)
    {
        var e = Assert.Throws<ArgumentException>(() => MLImage.CreateFromStream(new MemoryStream(file)));
        Assert.Contains(expected, e.Message);
    }
}
