using System.Buffers.Binary;
using System.IO.Compression;
using Reproduction.Data;

namespace ZipIt.Reproduction.Tests;

public sealed class IdxFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData(".gz")]
    public void Load_BothParts_PadsGreyImagesToThreeChannels(string extension)
    {
        Write("train", extension, [9, 2]);
        Write("t10k", extension, [4]);
        DataSet set = IdxFolder.Load(_folder, "clothes", IdxFolder.Clothes);

        Assert.Equal("clothes", set.Name);
        Assert.Equal([9, 2], Enumerable.Range(0, set.Training.Count).Select(set.Training.ClassOf));
        Assert.Equal("coat", set.Labels[set.Test.ClassOf(0)]);
        Assert.Equal([3, 32, 32], set.Training.Shape);
        var pixels = new float[3 * 32 * 32];
        Array.Fill(pixels, -1);
        set.Training.Read(1, pixels);
        for (int i = 0; i < pixels.Length; i++)
        {
            (int y, int x) = (i / 32 % 32 - 2, i % 32 - 2);
            Assert.Equal(y is >= 0 and < 28 && x is >= 0 and < 28 ? Pixel(1, y * 28 + x) : 0, pixels[i]);
        }
    }

    [Fact]
    public void Load_TestImagesAlone_SplitsEachClass()
    {
        Write("t10k", "", [.. Enumerable.Range(0, 100).Select(i => (byte)(i / 10))]);
        DataSet set = IdxFolder.Load(_folder, "digits", IdxFolder.Digits);
        Assert.Equal((80, 20), (set.Training.Count, set.Test.Count));
        Assert.All(Enumerable.Range(0, 10), number => Assert.Equal(2, Enumerable.Range(0, 20).Count(image => set.Test.ClassOf(image) == number)));
        Assert.Equal(100, new[] { set.Training, set.Test }.SelectMany(ReadAll).Distinct().Count()); // no image in both
    }

    [Fact]
    public void Load_FileTooShort_NamesIt()
    {
        Write("t10k", "", [1, 2]);
        string path = Path.Combine(_folder, "t10k-images-idx3-ubyte");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);
        Expect<InvalidDataException>("t10k-images-idx3-ubyte");
    }

    [Fact]
    public void Load_FileTooLong_NamesIt()
    {
        Write("t10k", "", [1, 2]);
        File.AppendAllText(Path.Combine(_folder, "t10k-labels-idx1-ubyte"), "x");
        Expect<InvalidDataException>("t10k-labels-idx1-ubyte' is longer than the 2 values");
    }

    [Theory]
    [InlineData(new[] { 0x7FFFFFFF, 28, 28 })]
    [InlineData(new[] { -1, 28, 28 })]
    [InlineData(new[] { 1, 0, 28 })]
    [InlineData(new[] { 1, 0x40000, 0x40000 })]
    public void Load_HostileSizes_AreRefused(int[] shape)
    {
        foreach (string extension in (string[])["", ".gz"])
        {
            WriteFile("t10k-labels-idx1-ubyte", extension, [1], [1]);
            WriteFile("t10k-images-idx3-ubyte", extension, shape, new byte[784]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Expect<InvalidDataException>("t10k-images-idx3-ubyte" + extension);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20);
            File.Delete(Path.Combine(_folder, "t10k-labels-idx1-ubyte" + extension));
            File.Delete(Path.Combine(_folder, "t10k-images-idx3-ubyte" + extension));
        }
    }

    [Fact]
    public void Load_OtherKindOfValues_ShowsTheHead()
    {
        Write("t10k", "", [1]);
        string path = Path.Combine(_folder, "t10k-images-idx3-ubyte");
        byte[] bytes = File.ReadAllBytes(path);
        bytes[2] = 0x0D;
        File.WriteAllBytes(path, bytes);
        Expect<InvalidDataException>("found 00000D03");
    }

    [Fact]
    public void Load_DamagedCompression_NamesTheFile()
    {
        Write("t10k", ".gz", [1]);
        File.WriteAllBytes(Path.Combine(_folder, "t10k-images-idx3-ubyte.gz"), new byte[100]);
        Expect<InvalidDataException>("t10k-images-idx3-ubyte.gz");
    }

    [Fact]
    public void Load_UnknownLabel_NamesFileAndPlace()
    {
        Write("t10k", "", [1, 10]);
        Expect<InvalidDataException>("t10k-labels-idx1-ubyte', label 1: expected a number below 10, found 10");
    }

    [Fact]
    public void Load_MoreLabelsThanImages_NamesBoth()
    {
        Write("t10k", "", [1, 2]);
        WriteFile("t10k-labels-idx1-ubyte", "", [3], [1, 2, 3]);
        Expect<InvalidDataException>("2 images");
    }

    [Fact]
    public void Load_NoFiles_SaysWhatIsMissing() => Expect<FileNotFoundException>("t10k-labels-idx1-ubyte");

    private void Expect<TError>(string message)
        where TError : Exception => Assert.Contains(message, Assert.Throws<TError>(() => IdxFolder.Load(_folder, "digits", IdxFolder.Digits)).Message);

    private static IEnumerable<string> ReadAll(LabelledImages images)
    {
        var pixels = new float[images.Length];
        for (int i = 0; i < images.Count; i++)
        {
            images.Read(i, pixels);
            yield return string.Join(',', pixels);
        }
    }

    private static byte Pixel(int image, int i) => (byte)((image + 1) * 31 + i * (image + 3));

    private void Write(string part, string extension, byte[] labels)
    {
        WriteFile($"{part}-labels-idx1-ubyte", extension, [labels.Length], labels);
        WriteFile($"{part}-images-idx3-ubyte", extension, [labels.Length, 28, 28],
            [.. Enumerable.Range(0, labels.Length).SelectMany(image => Enumerable.Range(0, 784).Select(i => Pixel(image, i)))]);
    }

    private void WriteFile(string name, string extension, int[] shape, byte[] values)
    {
        using FileStream file = File.Create(Path.Combine(_folder, name + extension));
        using Stream stream = extension.Length == 0 ? file : new GZipStream(file, CompressionLevel.Fastest);
        stream.Write([0, 0, 8, (byte)shape.Length]);
        var extent = new byte[4];
        foreach (int length in shape)
        {
            BinaryPrimitives.WriteInt32BigEndian(extent, length);
            stream.Write(extent);
        }

        stream.Write(values);
    }
}
