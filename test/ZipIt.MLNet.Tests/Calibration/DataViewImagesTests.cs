using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZipIt.Merging;

namespace ZipIt.MLNet.Tests;

public sealed class DataViewImagesTests
{
    private const int ImageBytes = 3 * 8 * 8 * sizeof(float);

    private readonly MLContext _context = new(1);

    [Theory]
    [InlineData(100)]
    [InlineData(7)]
    [InlineData(1)]
    public void ReadBatches_ImagesThatFit_AreReadOnceWhateverTheBatches(int batchSize)
    {
        PixelRow[] rows = Samples.Rows(20);
        rows[2].Pixels![5] = float.NaN;
        rows[9].Pixels![5] = 1e30f;
        var view = new WatchedView(_context.Data.LoadFromEnumerable(rows));
        DataViewImages images = Create(view, 20 * ImageBytes);

        float[][] first = Read(images, 4), second = Read(images, batchSize);

        Assert.Single(view.Cursors);
        Assert.Equal(rows.Where(row => row.Number is not 2 and not 9).Select(row => row.Pixels), first);
        Assert.Equal(first, second);
        Assert.Equal((18, 2), (images.Count, images.Skipped));
    }

    [Fact]
    public void ReadBatches_MoreImagesThanFit_AreReadAnewAndTheSame()
    {
        var view = new WatchedView(Samples.View(_context, 20));
        DataViewImages images = Create(view, 19 * ImageBytes);

        float[][] first = Read(images, 4), second = Read(images, 7);

        Assert.Equal(2, view.Cursors.Count);
        Assert.Equal(20, first.Length);
        Assert.Equal(first, second);
        Assert.Equal(0, view.Open);
    }

    [Fact]
    public void ReadBatches_AnotherOrder_IsUsedOnceOrNoticed()
    {
        PixelRow[] rows = Samples.Rows(30);
        var random = new Random(3);
        IDataView data = _context.Data.LoadFromEnumerable(rows.OrderBy(_ => random.Next()));
        DataViewImages kept = Create(data, 30 * ImageBytes), readAnew = Create(data, 10 * ImageBytes);

        Assert.Equal(Read(kept, 8), Read(kept, 8));
        Read(readAnew, 8);
        string message = Assert.Throws<InvalidOperationException>(() => Read(readAnew, 8)).Message;
        Assert.Contains("column 'Pixels'", message);
        Assert.Contains("shows another image", message);
        Assert.Contains("mlContext.Data.Cache(data, \"Pixels\", …)", message);
    }

    [Fact]
    public void ReadBatches_OneOtherPixel_IsNoticedAtItsRow()
    {
        PixelRow[] rows = Samples.Rows(30);
        DataViewImages images = Create(_context.Data.LoadFromEnumerable(rows), 10 * ImageBytes);
        Read(images, 8);
        rows[17].Pixels![191] += 1;

        Assert.Contains("Row 17 ", Assert.Throws<InvalidOperationException>(() => Read(images, 8)).Message);
    }

    [Theory]
    [InlineData(12, "The first pass found 20 images, this one 12.")]
    [InlineData(0, "The first pass found 20 images, this one 0.")]
    [InlineData(21, "more rows than in the pass before, which found 20 images")]
    public void ReadBatches_AnotherNumberOfRows_IsNoticed(int later, string message)
    {
        PixelRow[] rows = Samples.Rows(21);
        int count = 20;
        IDataView data = _context.Data.LoadFromEnumerable(Take());
        DataViewImages images = Create(data, 10 * ImageBytes);
        Read(images, 8);
        count = later;

        Assert.Contains(message, Assert.Throws<InvalidOperationException>(() => Read(images, 8)).Message);

        IEnumerable<PixelRow> Take()
        {
            for (int i = 0; i < count; i++)
                yield return rows[i];
        }
    }

    [Fact]
    public void ReadBatches_EmptiedSourceWhoseImagesFit_DoesNotMatter()
    {
        var queue = new Queue<PixelRow>(Samples.Rows(20));
        DataViewImages images = Create(_context.Data.LoadFromEnumerable(Drain(queue)), 20 * ImageBytes);

        float[][] first = Read(images, 8);

        Assert.Empty(queue);
        Assert.Equal(first, Read(images, 8));

        static IEnumerable<PixelRow> Drain(Queue<PixelRow> queue)
        {
            while (queue.TryDequeue(out PixelRow? row))
                yield return row;
        }
    }

    [Fact]
    public void ReadBatches_MaximumNumber_EndsThePassBeforeTheRest()
    {
        var view = new WatchedView(Samples.View(_context, 20)) { OnMove = position => Assert.True(position < 9) };
        var images = new DataViewImages(Host(), view, view.Schema["Pixels"], [3, 8, 8], 9, _ => { }, default);

        Assert.Equal(9, Read(images, 4).Length);
    }

    [Fact]
    public void ReadBatches_PassThatIsGivenUp_IsNotTakenForAll()
    {
        DataViewImages images = Create(Samples.View(_context, 20), 20 * ImageBytes);

        Assert.NotEmpty(images.ReadBatches(4).First().Pixels.ToArray());

        Assert.Equal(0, images.Count);
        Assert.Equal(20, Read(images, 4).Length);
    }

    private DataViewImages Create(IDataView data, long budget) => new(Host(), data, data.Schema["Pixels"], [3, 8, 8], null, _ => { }, default, budget);

    private IHost Host() => ((IHostEnvironment)_context).Register("test");

    private static float[][] Read(DataViewImages images, int batchSize) =>
        [.. images.ReadBatches(batchSize).SelectMany(batch => batch.Pixels.ToArray().Chunk(192).Take(batch.Count).ToArray())];
}
