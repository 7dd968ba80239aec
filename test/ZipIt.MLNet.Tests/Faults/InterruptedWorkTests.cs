using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.MLNet.Tests.Faults;

/// <summary>Fits and passes that end in the middle, for whatever reason: what they were done with is as good as new afterwards.</summary>
public sealed class InterruptedWorkTests
{
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(5); // generous: other tests run at the same time

    private readonly MLContext _context = new(1);

    [Theory]
    [InlineData(ZipMethod.Best)]
    [InlineData(ZipMethod.Paper)]
    public void Fit_DataThatFails_LeavesTheEstimatorUsable(ZipMethod method)
    {
        var view = new WatchedView(Samples.View(_context, 60)) { OnMove = position => Fail(position == 30) };
        ZipEstimator zip = Zip(new ZipEstimator.Options { Method = method });

        Exception failure = Assert.ThrowsAny<InvalidOperationException>(() => zip.Fit(view));

        Assert.IsType<TimeoutException>(failure.GetBaseException());
        Assert.Contains("Row 30", failure.Message);
        Assert.Equal(0, view.Open);
        Assert.Equal(ToBytes(Zip(new ZipEstimator.Options { Method = method }).Fit(Samples.View(_context, 60))), ToBytes(zip.Fit(Samples.View(_context, 60))));
    }

    /// <summary>In the pass over the members, and in those of the repair.</summary>
    [Theory]
    [InlineData(ZipMethod.Best)]
    [InlineData(ZipMethod.Paper)]
    public void Fit_EngineThatFailsAtAnyRun_LeavesTheEstimatorUsable(ZipMethod method)
    {
        int runs = 0;
        var engine = new FailingEngine { OnRun = run => runs = run + 1 };
        var options = new ZipEstimator.Options { Method = method, Engine = engine, CalibrationBatchSize = 20 };
        byte[] expected = ToBytes(Zip(options).Fit(Samples.View(_context, 60)));
        Assert.True(runs > 3);
        int all = runs;
        ZipEstimator zip = Zip(options);
        for (int failing = 0; failing < all; failing += Math.Max(1, all / 5))
        {
            int first = runs;
            engine.OnRun = run =>
            {
                runs = run + 1;
                Fail(run == first + failing);
            };
            Assert.IsType<TimeoutException>(Assert.ThrowsAny<Exception>(() => zip.Fit(Samples.View(_context, 60))).GetBaseException());
        }

        engine.OnRun = null;
        Assert.Equal(expected, ToBytes(zip.Fit(Samples.View(_context, 60))));
    }

    /// <summary>At any time: each of these delays ends the fit in another stage, if it has not ended by itself.</summary>
    [Theory]
    [InlineData(ZipMethod.Best)]
    [InlineData(ZipMethod.Paper)]
    public void Fit_CancelledAtAnyTime_EndsSoonAndLeavesTheEstimatorUsable(ZipMethod method)
    {
        IDataView data = Samples.View(_context, 200);
        var whole = Stopwatch.StartNew();
        byte[] expected = ToBytes(Zip(new ZipEstimator.Options { Method = method }).Fit(data));
        for (int part = 0; part < 8; part++)
        {
            using var source = new CancellationTokenSource();
            ZipEstimator zip = Zip(new ZipEstimator.Options { Method = method, CancellationToken = source.Token });
            source.CancelAfter(whole.Elapsed * part / 8);
            var clock = Stopwatch.StartNew();
            if (Record.Exception(() => zip.Fit(data)) is { } end)
                Assert.IsAssignableFrom<OperationCanceledException>(end);
            Assert.True(clock.Elapsed < whole.Elapsed + Prompt);
        }

        Assert.Equal(expected, ToBytes(Zip(new ZipEstimator.Options { Method = method }).Fit(data)));
    }

    [Fact]
    public void Transform_EngineThatFails_LeavesTheModelUsable()
    {
        var engine = new FailingEngine { OnRun = run => Fail(run == 1) };
        ZipTransformer model = Samples.Zipped.WithEngine(engine, batchSize: 8);
        IDataView scored = model.Transform(Samples.View(_context, 40));
        float[][] expected = [.. Samples.Zipped.Transform(Samples.View(_context, 40)).GetColumn<float[]>("Score")];

        Assert.IsType<TimeoutException>(Assert.ThrowsAny<Exception>(() => scored.GetColumn<float[]>("Score").Count()).GetBaseException());

        Assert.Equal(expected, scored.GetColumn<float[]>("Score"));
    }

    [Fact]
    public async Task Dispose_CursorWhileItScores_DisturbsNobody()
    {
        using var running = new ManualResetEventSlim();
        using var disposed = new ManualResetEventSlim();
        var engine = new FailingEngine();
        ZipTransformer model = Samples.Zipped.WithEngine(engine, batchSize: 8);
        IDataView scored = model.Transform(Samples.View(_context, 40));
        float[][] expected = [.. scored.GetColumn<float[]>("Score")];
        engine.OnRun = _ =>
        {
            running.Set();
            Assert.True(disposed.Wait(Prompt));
        };
        DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        Assert.True(cursor.MoveNext());
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        Task<float[]> reading = Task.Run(() =>
        {
            VBuffer<float> score = default;
            getter(ref score);
            return score.DenseValues().ToArray();
        });
        Assert.True(running.Wait(Prompt));

        cursor.Dispose();
        disposed.Set();

        float[]? given = null;
        Exception? end = await Record.ExceptionAsync(async () => given = await reading);
        Assert.True(end is null ? expected[0].SequenceEqual(given!) : end.GetBaseException() is InvalidOperationException, $"{end}");
        engine.OnRun = null;
        Assert.Equal(expected, scored.GetColumn<float[]>("Score"));
    }

    [Fact]
    public async Task Dispose_OtherPredictionEnginesWhileOneScores_DisturbsNobody()
    {
        PixelRow[] rows = Samples.Rows(50);
        float[][] expected = [.. Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Score")];
        using var stop = new CancellationTokenSource();
        Task disposing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using PredictionEngine<PixelRow, Prediction> other = _context.Model.CreatePredictionEngine<PixelRow, Prediction>(
                    Samples.Zipped, new PredictionEngineOptions { OwnsTransformer = false });
                other.Predict(rows[0]);
            }
        });

        using PredictionEngine<PixelRow, Prediction> engine =
            _context.Model.CreatePredictionEngine<PixelRow, Prediction>(Samples.Zipped, new PredictionEngineOptions { OwnsTransformer = false });
        for (int round = 0; round < 4; round++)
            Assert.Equal(expected, rows.Select(row => engine.Predict(row).Score!.ToArray()));
        await stop.CancelAsync();
        await disposing;
    }

    private ZipEstimator Zip(ZipEstimator.Options options) => _context.Transforms.Zip(options, Samples.AnimalClassifier, Samples.VehicleClassifier);

    private static void Fail(bool condition)
    {
        if (condition)
            throw new TimeoutException();
    }

    private static byte[] ToBytes(ZipTransformer model)
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(model.Network, stream);
        return stream.ToArray();
    }
}
