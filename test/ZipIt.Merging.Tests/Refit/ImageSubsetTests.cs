namespace ZipIt.Merging.Tests;

public sealed class ImageSubsetTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 7)]
    [InlineData(7, 7)]
    [InlineData(16, 17)]
    [InlineData(16, 100)]
    [InlineData(63, 1000)]
    [InlineData(999, 1000)]
    [InlineData(64_000, 3_000_000)] // products beyond 32 bits
    public void PlaceOf_AllImages_TakesOneOfEachStretch(int count, int total)
    {
        var subset = new ImageSubset(count, total);
        int[] chosen = [.. Enumerable.Range(0, total).Where(image => subset.PlaceOf(image) >= 0)];

        Assert.Equal(Enumerable.Range(0, count), chosen.Select(subset.PlaceOf));
        Assert.All(Enumerable.Range(0, Math.Min(total, 1000)).Except(chosen), image => Assert.Equal(-1, subset.PlaceOf(image)));
        Assert.All(chosen.Take(1000), image => Assert.Equal(subset.PlaceOf(image), (long)image * count / total));
    }

    [Theory]
    [InlineData(875, 1000)]
    [InlineData(100, 1000)]
    [InlineData(7, 117)]
    public void PlaceOf_SomeHeldOut_TakesOthersOnly(int count, int total)
    {
        var subset = new ImageSubset(count, total, new HeldOutImages(total));
        int[] chosen = [.. Enumerable.Range(0, total).Where(image => subset.PlaceOf(image) >= 0)];

        Assert.Equal(Enumerable.Range(0, count), chosen.Select(subset.PlaceOf));
        Assert.DoesNotContain(chosen, HeldOutImages.Contains);
        Assert.Equal(subset, new ImageSubset(count, total, new HeldOutImages(total)));
    }

    [Theory]
    [InlineData(125, 2)]
    [InlineData(125, 8)]
    [InlineData(125, 10)]
    [InlineData(500, 2)]
    public void PlaceOf_ImagesWhoseTasksTakeTurns_MeetsEachTaskAlike(int count, int tasks)
    {
        var subset = new ImageSubset(count, 1000);
        int[] met = [.. Enumerable.Range(0, tasks)
            .Select(task => Enumerable.Range(0, 1000).Count(image => image % tasks == task && subset.PlaceOf(image) >= 0))];

        Assert.All(met, images => Assert.InRange(images, 0.5 * count / tasks, 1.5 * count / tasks));
    }
}
