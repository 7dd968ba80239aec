namespace ZipIt.Merging.Tests;

public sealed class PixelSampleTests
{
    [Theory]
    [InlineData(1024, 32, 256)]
    [InlineData(3136, 512, 256)]
    [InlineData(3136, 2000, 1000)]
    [InlineData(784, 1024, 512)]
    [InlineData(256, 32, 256)]
    [InlineData(49, 4096, 49)]
    public void Enough_MapAndFeatures_TakesSomePixelsOfLargeMaps(int area, int features, int expected) =>
        Assert.Equal(expected, PixelSample.Enough(area, features).PerImage);

    [Fact]
    public void PixelOf_AllPixels_IsTheirNumber()
    {
        var pixels = PixelSample.All(12);

        Assert.Equal(Enumerable.Range(0, 12), Enumerable.Range(0, 12).Select(sample => pixels.PixelOf(5, sample)));
    }

    [Theory]
    [InlineData(1024, 256)]
    [InlineData(3136, 300)]
    [InlineData(784, 512)]
    public void PixelOf_SomePixels_AreSpreadEvenlyAndDifferFromImageToImage(int area, int perImage)
    {
        var pixels = new PixelSample(area, perImage);
        var met = new HashSet<int>();
        for (long image = 0; image < 100; image++)
        {
            int[] chosen = [.. Enumerable.Range(0, perImage).Select(sample => pixels.PixelOf(image, sample))];

            Assert.InRange(chosen[0], 0, area / perImage);
            Assert.InRange(chosen[^1], area - area / perImage - 1, area - 1);
            Assert.All(chosen.Zip(chosen.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, area / perImage, area / perImage + 1));
            met.UnionWith(chosen);
        }

        Assert.Equal(area, met.Count);
    }
}
