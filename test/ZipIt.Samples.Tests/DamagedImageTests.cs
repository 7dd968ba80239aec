using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Text;
using SkiaSharp;
using WebApi;

namespace ZipIt.Samples.Tests;

/// <summary>Images whose files look whole, but whose pixels are not: decoders show grey, or rubbish, and say nothing.</summary>
public sealed class DamagedImageTests(WebApiFixture service) : IClassFixture<WebApiFixture>
{
    private static readonly byte[] Png = ShippedImages.Load(perClass: 1)[0].File;
    private static readonly SKBitmap Picture = Draw(61, 43);

    public static TheoryData<string> PngDamages => ["no pixels", "no rows", "missing rows", "a missing byte", "cut", "garbage", "filter", "checksum"];

    [Theory]
    [MemberData(nameof(PngDamages))]
    public async Task Predict_PngWithDamagedPixels_GivesBadRequest(string damage) =>
        await ExpectRefusalAsync(WithPixels(Png, packed => Spoil(packed, damage)), "image/png");

    [Fact]
    public void CheckPixels_WholePngs_AreAccepted()
    {
        foreach ((_, byte[] file) in ShippedImages.Load(perClass: 2))
            CheckAll(file);
        CheckAll(WithPixels(Png, packed => Pack(Unpack(packed), CompressionLevel.NoCompression)));
        using SKData encoded = Picture.Encode(SKEncodedImageFormat.Png, 100);
        CheckAll(encoded.ToArray());
    }

    /// <summary>Every kind of picture has its own number of bytes; with one less it is refused.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 3)]
    [InlineData(4, 0)]
    [InlineData(16, 0)]
    [InlineData(8, 2)]
    [InlineData(16, 2)]
    [InlineData(8, 4)]
    [InlineData(16, 6)]
    public void CheckPixels_PngOfAnyKind_CountsItsBytes(int depth, int colorType)
    {
        const int Width = 13, Height = 9;
        int channels = colorType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        foreach (bool interlaced in (bool[])[false, true])
        {
            int bytes = 0;
            foreach ((int x, int y, int dx, int dy) in interlaced
                ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
                : ((int, int, int, int)[])[(0, 0, 1, 1)])
            {
                int columns = Enumerable.Range(0, Width).Count(column => column % dx == x), rows = Enumerable.Range(0, Height).Count(row => row % dy == y);
                bytes += columns == 0 ? 0 : rows * (1 + (columns * depth * channels + 7) / 8);
            }

            CheckAll(Make(bytes));
            Assert.Throws<RejectedImageException>(() => CheckAll(Make(bytes - 1)));

            byte[] Make(int length)
            {
                var header = new byte[13];
                BinaryPrimitives.WriteInt32BigEndian(header, Width);
                BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Height);
                (header[8], header[9], header[12]) = ((byte)depth, (byte)colorType, (byte)(interlaced ? 1 : 0));
                return [.. Png.AsSpan(0, 8), .. Chunk("IHDR", header), .. Chunk("IDAT", Pack(new byte[length])), .. Chunk("IEND", [])];
            }
        }
    }

    [Theory]
    [InlineData("baseline")]
    [InlineData("progressive")]
    [InlineData("grey progressive")]
    [InlineData("restarts")]
    public void CheckPixels_WholeJpeg_IsAcceptedAndCutOnesAreNot(string kind)
    {
        byte[] file = JpegOf(kind);
        CheckAll(file);
        int scan = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        for (int length = scan; length < file.Length - 2; length++)
        {
            Assert.Throws<RejectedImageException>(() => CheckAll(file[..length]));
            Assert.Throws<RejectedImageException>(() => CheckAll([.. file.AsSpan(0, length), 0xFF, 0xD9]));
        }
    }

    /// <summary>Not every change can be seen, but whatever makes the codes end elsewhere.</summary>
    [Theory]
    [InlineData("baseline")]
    [InlineData("progressive")]
    [InlineData("grey progressive")]
    [InlineData("restarts")]
    public void CheckPixels_JpegWithGarbage_IsRefused(string kind)
    {
        byte[] file = JpegOf(kind);
        int scan = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]) + 14;
        var random = new Random(1);
        int refused = 0;
        for (int run = 0; run < 50; run++)
        {
            byte[] damaged = [.. file];
            int first = random.Next(scan, file.Length - 80);
            random.NextBytes(damaged.AsSpan(first, 64));
            refused += Record.Exception(() => CheckAll(damaged)) is RejectedImageException ? 1 : 0;
        }

        Assert.InRange(refused, 48, 50);
    }

    [Fact]
    public void CheckPixels_JpegWithAnyByteChanged_IsAcceptedOrRefused()
    {
        byte[] file = JpegOf("progressive");
        for (int place = 0; place < file.Length; place++)
        {
            foreach (byte change in (ReadOnlySpan<byte>)[0x01, 0x80, 0xFF])
            {
                byte[] changed = [.. file];
                changed[place] ^= change;
                if (Record.Exception(() => CheckAll(changed)) is { } failure)
                    Assert.IsType<RejectedImageException>(failure);
            }
        }
    }

    [Fact]
    public async Task Predict_JpegThatIsCut_GivesBadRequest()
    {
        byte[] file = JpegOf("baseline");
        await ExpectRefusalAsync([.. file.AsSpan(0, file.Length * 2 / 3), 0xFF, 0xD9], "image/jpeg");
    }

    private async Task ExpectRefusalAsync(byte[] file, string type)
    {
        using HttpClient client = service.CreateClient();
        HttpResponseMessage response = await client.PostAsync("predict", WebApiFixture.ImageContent(file, type));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("damaged", await response.Content.ReadAsStringAsync());
    }

    private static void CheckAll(byte[] file)
    {
        ImageFileCheck.Check(file, 1 << 20);
        ImageFileCheck.CheckPixels(file);
    }

    private static byte[] Spoil(byte[] packed, string damage)
    {
        byte[] pixels = Unpack(packed);
        switch (damage)
        {
            case "no pixels":
                return [];
            case "no rows":
                return Pack([]);
            case "missing rows":
                return Pack(pixels[..(pixels.Length / 2)]);
            case "a missing byte":
                return Pack(pixels[..^1]);
            case "cut":
                return packed[..(packed.Length / 2)];
            case "garbage":
                new Random(1).NextBytes(packed.AsSpan(20));
                return packed;
            case "filter":
                pixels[0] = 7;
                return Pack(pixels);
            default:
                packed[^1] ^= 1;
                return packed;
        }
    }

    /// <summary>A PNG file with other packed pixels, all checksums of chunks right.</summary>
    private static byte[] WithPixels(byte[] file, Func<byte[], byte[]> change)
    {
        var chunks = new List<(string Type, byte[] Content)>();
        for (int place = 8; place < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(place));
            chunks.Add((Encoding.ASCII.GetString(file, place + 4, 4), file[(place + 8)..(place + 8 + length)]));
            place += 12 + length;
        }

        byte[] packed = [.. chunks.Where(chunk => chunk.Type == "IDAT").SelectMany(chunk => chunk.Content)];
        int first = chunks.FindIndex(chunk => chunk.Type == "IDAT");
        chunks[first] = ("IDAT", change(packed));
        return [.. file.AsSpan(0, 8), .. chunks.Where((chunk, i) => i <= first || chunk.Type != "IDAT").SelectMany(chunk => Chunk(chunk.Type, chunk.Content))];
    }

    private static byte[] Chunk(string type, byte[] content)
    {
        var chunk = new byte[12 + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        content.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + content.Length), PngChecksum.Of(chunk.AsSpan(4, 4 + content.Length)));
        return chunk;
    }

    private static byte[] Unpack(byte[] packed)
    {
        using var stream = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
        var pixels = new MemoryStream();
        stream.CopyTo(pixels);
        return pixels.ToArray();
    }

    private static byte[] Pack(byte[] pixels, CompressionLevel level = CompressionLevel.Optimal)
    {
        var packed = new MemoryStream();
        using (var stream = new ZLibStream(packed, level, leaveOpen: true))
            stream.Write(pixels);
        return packed.ToArray();
    }

    private static byte[] JpegOf(string kind) => kind == "baseline" ? ToJpeg(Picture) : Convert.FromBase64String(JpegFiles.All[kind]);

    private static byte[] ToJpeg(SKBitmap bitmap)
    {
        using SKData jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90);
        return jpeg.ToArray();
    }

    private static SKBitmap Draw(int width, int height)
    {
        var random = new Random(1);
        var bitmap = new SKBitmap(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                bitmap.SetPixel(x, y, new SKColor((byte)(4 * x), (byte)(5 * y), (byte)random.Next(256)));
        }

        return bitmap;
    }
}
