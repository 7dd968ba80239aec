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
        int[] heldOut = Select(images, true, 1);

        Assert.InRange(heldOut.Length, 120, 130);
        Assert.All(Enumerable.Range(0, tasks), task => Assert.InRange(heldOut.Count(image => image % tasks == task), 0.6 * 125 / tasks, 1.4 * 125 / tasks));
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(4, 2)]
    [InlineData(3, 10)]
    public void Select_SomeImagesWhoseTasksTakeTurns_TakesImagesOfEachTask(int every, int tasks)
    {
        var images = new CalibrationImages(new InMemoryImages(new Tensor(1000, 1, 1, 1)), 100, null, 0);
        int[] chosen = Select(images, false, every);
        double expected = 875.0 / every / tasks;

        Assert.All(Enumerable.Range(0, tasks), task => Assert.InRange(chosen.Count(image => image % tasks == task), 0.5 * expected, 1.5 * expected));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void PlaceOf_EveryImage_IsItsPlaceInTheSelection(int every)
    {
        var images = new CalibrationImages(new InMemoryImages(new Tensor(50, 1, 1, 1)), 20, null, 0);
        foreach (bool isHeldOut in (bool[])[false, true])
        {
            int[] chosen = Select(images, isHeldOut, every);

            Assert.Equal(images.CountOf(isHeldOut, every), chosen.Length);
            Assert.Equal(Enumerable.Range(0, chosen.Length).Select(place => (isHeldOut, place)), chosen.Select(image => images.PlaceOf(image, every)));
            Assert.InRange(chosen.Length * every, images.CountOf(isHeldOut, 1), images.CountOf(isHeldOut, 1) + every - 1);
        }

        Assert.Equal(images.Count, images.CountOf(false, 1) + images.CountOf(true, 1));
    }

    private static int[] Select(CalibrationImages images, bool isHeldOut, int every) => [.. Enumerable.Range(0, images.Sizes.Count)
        .SelectMany(batch => images.Select(batch, isHeldOut, every).Select(image => images.FirstOf(batch) + image))];
}
