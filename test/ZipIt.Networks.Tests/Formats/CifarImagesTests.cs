using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Formats;

public sealed class CifarImagesTests
{
    [Fact]
    public void Load_CalibrationImages_AreSortedByClass()
    {
        CifarImages images = TestFiles.LoadCalibrationImages();

        Assert.Equal(1000, images.Count);
        Assert.Equal([1000, 3, 32, 32], images.Pixels.Shape.ToArray());
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (byte)(i / 100)), images.Labels.ToArray());
        Assert.Equal(0, images.Pixels.Span.ToArray().Min());
        Assert.Equal(255, images.Pixels.Span.ToArray().Max());
        Assert.InRange(TestFiles.Normalize(images.Pixels).Span.ToArray().Average(), -0.1, 0.1);
    }

    [Fact]
    public void Load_Record_KeepsThePlanes()
    {
        var record = new byte[3073];
        record[0] = 9;
        record[1 + 1024 + 33] = 200;
        CifarImages images = CifarImages.Load(new MemoryStream(record), "images.bin");

        Assert.Equal([9], images.Labels.ToArray());
        Assert.Equal(1024 + 33, images.Pixels.Span.IndexOf(200f));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3072, 0)]
    [InlineData(3074, 0)]
    [InlineData(3073, 10)]
    public void Load_OtherFile_IsRefused(int length, byte label)
    {
        var file = new byte[length];
        file.AsSpan(0, Math.Min(length, 1)).Fill(label);
        Assert.Contains("images.bin", Assert.Throws<InvalidDataException>(() => CifarImages.Load(new MemoryStream(file), "images.bin")).Message);
    }
}
