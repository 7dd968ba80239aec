using Reproduction.Data;

namespace ZipIt.Reproduction.Tests;

public sealed class CifarFolderTests : IDisposable
{
    private const int PixelsPerImage = 3072;

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_BatchesOfCifar10_ReadsAllInOrder()
    {
        Write("data_batch_1.bin", [3], [0]);
        Write("data_batch_2.bin", [9]);
        Write("test_batch.bin", [1]);
        DataSet set = CifarFolder.Load(_folder, 10);

        Assert.Equal("cifar10", set.Name);
        Assert.Equal([3, 0, 9], Enumerable.Range(0, 3).Select(set.Training.ClassOf));
        Assert.Equal(1, set.Test.Count);
        Assert.Equal("automobile", set.Labels[set.Test.ClassOf(0)]);
        Assert.Equal([3, 32, 32], set.Training.Shape);
        var pixels = new float[PixelsPerImage];
        set.Training.Read(1, pixels);
        Assert.Equal(Enumerable.Range(0, PixelsPerImage).Select(i => (float)Pixel(1, i)), pixels);
    }

    [Fact]
    public void Load_OwnNames_NamesClassesSo()
    {
        Write("train.bin", [3]);
        Write("test.bin", [1]);
        File.WriteAllLines(Path.Combine(_folder, "batches.meta.txt"), [.. Enumerable.Range(0, 10).Select(i => $"class {i}"), ""]);
        Assert.Equal("class 9", CifarFolder.Load(_folder, 10).Labels[9]);
    }

    [Fact]
    public void Load_CoarseAndFineLabels_FineOnesCount()
    {
        Write("train.bin", [19, 99], [0, 42]);
        Write("test.bin", [77]); // the fine label alone
        DataSet set = CifarFolder.Load(_folder, 100);
        Assert.Equal([99, 42], Enumerable.Range(0, 2).Select(set.Training.ClassOf));
        Assert.Equal(77, set.Test.ClassOf(0));
        Assert.Equal("42", set.Labels[42]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_LengthOfBothKindsOfRecords_LabelsTellWhichItIs(bool hasTwoLabels)
    {
        int count = hasTwoLabels ? PixelsPerImage + 1 : PixelsPerImage + 2; // 9,446,402 bytes in both cases
        byte[][] records = [.. Enumerable.Range(0, count).Select(i => hasTwoLabels ? new byte[] { (byte)(i % 20), (byte)(i % 100) } : [(byte)(20 + i % 80)])];
        Write("train.bin", records);
        Write("test.bin", [1, 1]);
        DataSet set = CifarFolder.Load(_folder, 100);
        Assert.Equal(count, set.Training.Count);
        Assert.Equal(hasTwoLabels ? 57 : 20 + 57, set.Training.ClassOf(57));
    }

    [Theory]
    [InlineData(10, 5000, "found 5000 bytes")]
    [InlineData(10, 3074, "records of 3073 bytes, as in CIFAR-10")]
    [InlineData(100, 0, "3073 bytes or 3074 bytes")]
    public void Load_OtherLength_NamesTheFile(int classes, int length, string expected)
    {
        File.WriteAllBytes(Path.Combine(_folder, "train.bin"), new byte[length]);
        Write("test.bin", [1]);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => CifarFolder.Load(_folder, classes));
        Assert.Contains("train.bin", error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Load_UnknownLabel_NamesFileAndRecord()
    {
        Write("train.bin", [3], [10]);
        Write("test.bin", [1]);
        Assert.Contains("train.bin', record 1: expected a label below 10, found 10", Assert.Throws<InvalidDataException>(() => CifarFolder.Load(_folder, 10)).Message);
    }

    [Fact]
    public void Load_WrongNumberOfNames_NamesTheFile()
    {
        Write("train.bin", [3]);
        Write("test.bin", [1]);
        File.WriteAllLines(Path.Combine(_folder, "fine_label_names.txt"), ["apple", "pear"]);
        Assert.Contains("fine_label_names.txt", Assert.Throws<InvalidDataException>(() => CifarFolder.Load(_folder, 100)).Message);
    }

    [Fact]
    public void Load_NoTestImages_SaysWhatIsMissing()
    {
        Write("train.bin", [3]);
        Assert.Contains("test*.bin", Assert.Throws<FileNotFoundException>(() => CifarFolder.Load(_folder, 10)).Message);
        Assert.Throws<DirectoryNotFoundException>(() => CifarFolder.Load(Path.Combine(_folder, "none"), 10));
    }

    private static byte Pixel(int image, int i) => (byte)(image * 50 + i % 200);

    private void Write(string name, params byte[][] labels)
    {
        using FileStream stream = File.Create(Path.Combine(_folder, name));
        for (int image = 0; image < labels.Length; image++)
        {
            stream.Write(labels[image]);
            stream.Write([.. Enumerable.Range(0, PixelsPerImage).Select(i => Pixel(image, i))]);
        }
    }
}
