using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

public sealed class CalibrationImagesTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(10)]
    public void Select_ImagesWhoseTasksTakeTurns_HoldsOutImagesOfEachTaskAlike(int tasks)
    {
        var images = new CalibrationImages(new InMemoryImages(new Tensor(1000, 1, 1, 1)), 100, null, 0);
        int[] heldOut = [.. Enumerable.Range(0, images.Sizes.Count)
            .SelectMany(batch => images.Select(batch, true).Select(image => images.FirstOf(batch) + image))];

        Assert.InRange(heldOut.Length, 120, 130);
        Assert.All(Enumerable.Range(0, tasks), task => Assert.InRange(heldOut.Count(image => image % tasks == task), 0.6 * 125 / tasks, 1.4 * 125 / tasks));
    }

    [Fact]
    public void PlaceOf_EveryImage_IsItsPlaceInTheSelection()
    {
        var images = new CalibrationImages(new InMemoryImages(new Tensor(50, 1, 1, 1)), 20, null, 0);
        for (int image = 0; image < images.Count; image++)
        {
            (bool isHeldOut, int place) = images.PlaceOf(image);
            Assert.Equal(image, images.Select(isHeldOut)[place]);
        }

        Assert.Equal(images.Count, images.Select(false).Count + images.Select(true).Count);
    }

    [Fact]
    public void Select_Batches_AreTheImagesInOrder()
    {
        var images = new CalibrationImages(new InMemoryImages(new Tensor(50, 1, 1, 1)), 20, null, 0);

        foreach (bool isHeldOut in (bool[])[false, true])
        {
            Assert.Equal(
                images.Select(isHeldOut),
                Enumerable.Range(0, images.Sizes.Count).SelectMany(batch => images.Select(batch, isHeldOut).Select(image => images.FirstOf(batch) + image)));
        }
    }
}
