using Microsoft.ML;
using Quickstart;

namespace ZipIt.Samples.Tests;

public sealed class ImageSetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("images").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_BrokenImageAmongGoodOnes_NamesItsFile()
    {
        string label = Directory.CreateDirectory(Path.Combine(_folder, "frog")).FullName;
        foreach ((byte[] file, int i) in ShippedImages.Load(perClass: 2).Select((image, i) => (image.File, i)))
            File.WriteAllBytes(Path.Combine(label, $"{i:d2}.png"), i == 13 ? "no image"u8.ToArray() : file);
        var context = new MLContext(1);
        ImageSet images = ImageSet.Open(_folder, "test");
        IDataView rows = images.Load(context), pixels = ImageSet.CreateLoading(context, 32, 32).Fit(rows).Transform(rows);

        var failure = Assert.Throws<InvalidDataException>(() => images.Read(context, pixels));

        Assert.Contains(Path.Combine(label, "13.png"), failure.Message);
    }
}
