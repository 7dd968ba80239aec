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
    public void PlaceOf_AllImages_SpreadsCountOfThemEvenly(int count, int total)
    {
        var subset = new ImageSubset(count, total);
        int[] chosen = [.. Enumerable.Range(0, total).Where(image => subset.PlaceOf(image) >= 0)];
        int[] gaps = [.. chosen.Zip(chosen.Skip(1), (a, b) => b - a)];

        Assert.Equal(Enumerable.Range(0, count), chosen.Select(subset.PlaceOf));
        Assert.All(Enumerable.Range(0, Math.Min(total, 1000)).Except(chosen), image => Assert.Equal(-1, subset.PlaceOf(image)));
        Assert.All(gaps, gap => Assert.InRange(gap, total / count, (total + count - 1) / count));
    }
}
