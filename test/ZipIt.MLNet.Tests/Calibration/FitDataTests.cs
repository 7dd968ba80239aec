using Microsoft.ML;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.MLNet.Tests;

/// <summary>Fitting on data that is another one each time it is read.</summary>
public sealed class FitDataTests
{
    private readonly MLContext _context = new(1);

    [Theory]
    [InlineData(ZipMethod.Best)]
    [InlineData(ZipMethod.Paper)]
    public void Fit_AnyMethod_ReadsTheDataOnce(ZipMethod method)
    {
        var view = new WatchedView(Samples.View(_context, 60));
        var options = new ZipEstimator.Options { Method = method };

        _context.Transforms.Zip(options, Samples.AnimalClassifier, Samples.VehicleClassifier).Fit(view);

        Assert.Equal([["Pixels"]], view.Cursors);
        Assert.Equal(0, view.Open);
    }

    [Fact]
    public void Fit_Progress_IsToldOfEveryStage()
    {
        var told = new List<ZipProgress>();
        var options = new ZipEstimator.Options { Progress = new Listener(told.Add) };

        _context.Transforms.Zip(options, Samples.AnimalClassifier, Samples.VehicleClassifier).Fit(Samples.View(_context, 60));

        Assert.Equal([ZipStage.Statistics, ZipStage.Matching, ZipStage.Refit, ZipStage.Comparison],
            told.Where(progress => progress.IsFinished).Select(progress => progress.Stage).Order());
        Assert.Contains(told, progress => progress is { Stage: ZipStage.Statistics, Done: 60, Total: 60 });
    }

    [Fact]
    public void Fit_RowsInAnotherOrderEachTime_GivesTheModelOfTheOrderThatWasRead()
    {
        PixelRow[] rows = Samples.Rows(60);
        var random = new Random(2);
        PixelRow[]? order = null;

        ZipTransformer zipped = Fit(_context.Data.LoadFromEnumerable(Shuffle()));

        Assert.NotNull(order);
        Assert.Equal(ToBytes(Fit(_context.Data.LoadFromEnumerable(order)).Network), ToBytes(zipped.Network));

        IEnumerable<PixelRow> Shuffle()
        {
            Assert.Null(order);
            order = [.. rows.OrderBy(_ => random.Next())];
            foreach (PixelRow row in order)
                yield return row;
        }
    }

    private ZipTransformer Fit(IDataView data) => _context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier).Fit(data);

    private static byte[] ToBytes(Network network)
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(network, stream);
        return stream.ToArray();
    }

    private sealed class Listener(Action<ZipProgress> tell) : IProgress<ZipProgress>
    {
        public void Report(ZipProgress value) => tell(value);
    }
}
