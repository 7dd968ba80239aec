using System.Diagnostics;
using System.Reflection;
using Microsoft.ML;

namespace ZipIt.MLNet.Tests;

/// <summary>A context that is stopped stops a fit, as it stops ML.NET's trainers.</summary>
public sealed class CancellationTests
{
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(20); // generous: other tests run at the same time

    private readonly MLContext _context = new(1);

    [Fact]
    public void Fit_ContextStoppedWhileDataIsRead_Ends()
    {
        int rows = 0;
        var view = new WatchedView(_context.Data.LoadFromEnumerable(Endless()))
        {
            OnMove = _ =>
            {
                if (rows++ == 50)
                    Stop();
            },
        };

        AssertEnds(() => Zip().Fit(view));
        Assert.Equal(0, view.Open);

        static IEnumerable<PixelRow> Endless()
        {
            PixelRow row = Samples.Rows(1)[0];
            while (true)
                yield return row;
        }
    }

    [Theory]
    [InlineData("Statistics")]
    [InlineData("Matching")]
    public void Fit_ContextStoppedAfterAStage_EndsInTheNext(string stage)
    {
        _context.Log += (_, message) =>
        {
            if (!message.RawMessage.StartsWith($"{stage} finished", StringComparison.Ordinal))
                return;
            Stop();
            Thread.Sleep(500); // the context is asked several times a second
        };

        AssertEnds(() => Zip().Fit(Samples.View(_context, 60)));
    }

    [Fact]
    public void Fit_ContextThatWasStopped_RefusesAsMLNetsTrainersDo()
    {
        IDataView data = Samples.View(_context, 60);
        ZipEstimator zip = Zip();
        Stop();

        AssertEnds(() => zip.Fit(data));
        AssertEnds(() => Zip().Fit(data));
        AssertEnds(() => _context.Transforms.Conversion.MapValueToKey("Key", "Class").Fit(data));
        Assert.NotNull(new MLContext(1).Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier).Fit(data));
    }

    [Fact]
    public void Fit_TokenOfTheOptions_IsTheOneOfTheException()
    {
        using var source = new CancellationTokenSource();
        var view = new WatchedView(Samples.View(_context, 60))
        {
            OnMove = position =>
            {
                if (position == 30)
                    source.Cancel();
            },
        };
        var options = new ZipEstimator.Options { CancellationToken = source.Token };

        var end = Assert.ThrowsAny<OperationCanceledException>(() => _context.Transforms.Zip(options, Samples.AnimalClassifier, Samples.VehicleClassifier)
            .Fit(view));
        Assert.Equal(source.Token, end.CancellationToken);
    }

    [Fact]
    public void Transform_ContextThatWasStopped_StillScores()
    {
        ZipTransformer zipped = Zip().Fit(Samples.View(_context, 60));
        Stop();

        Assert.Equal(5, _context.Data.CreateEnumerable<Prediction>(zipped.Transform(Samples.View(_context, 5)), reuseRowObject: false).Count());
    }

    /// <summary>Public in the package Microsoft.ML.Experimental only.</summary>
    private void Stop() => typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(_context, null);

    private ZipEstimator Zip() => _context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier);

    private static void AssertEnds(Action work)
    {
        var clock = Stopwatch.StartNew();
        Assert.ThrowsAny<OperationCanceledException>(work);
        Assert.True(clock.Elapsed < Prompt, $"Ended after {clock.Elapsed}.");
    }
}
