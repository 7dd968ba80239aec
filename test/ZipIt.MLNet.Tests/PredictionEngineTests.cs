using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet.Tests;

public sealed class PredictionEngineTests
{
    private readonly MLContext _context = new(1);

    [Fact]
    public void Predict_EveryRow_GivesTheScoresOfTransformBitForBit()
    {
        PixelRow[] rows = Samples.Rows(45);
        Prediction[] expected = [.. _context.Data.CreateEnumerable<Prediction>(Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows)),
            reuseRowObject: false)];
        using PredictionEngine<PixelRow, Prediction> engine = _context.Model.CreatePredictionEngine<PixelRow, Prediction>(Samples.Zipped);

        for (int i = 0; i < rows.Length; i++)
        {
            Prediction actual = engine.Predict(rows[i]);
            Assert.Equal(expected[i].PredictedLabel, actual.PredictedLabel);
            Assert.Equal(expected[i].Score, actual.Score);
            Assert.Equal(expected[i].AnimalsScore, actual.AnimalsScore);
            Assert.Equal(expected[i].VehiclesScore, actual.VehiclesScore);
            Assert.Equal(expected[i].AnimalsLabel, actual.AnimalsLabel);
        }
    }

    [Fact]
    public void Predict_ManyOutputs_RunsTheNetworkOncePerRow()
    {
        var engine = new CountingEngine();
        PixelRow[] rows = Samples.Rows(9);
        using PredictionEngine<PixelRow, Prediction> predictor = _context.Model.CreatePredictionEngine<PixelRow, Prediction>(Samples.Zipped.WithEngine(engine));

        foreach (PixelRow row in rows)
            predictor.Predict(row);

        Assert.Equal(9, engine.Images);
    }

    [Fact]
    public void Predict_SameObjectTwice_ReadsItAgain()
    {
        PixelRow[] rows = Samples.Rows(2);
        using PredictionEngine<PixelRow, Prediction> engine = _context.Model.CreatePredictionEngine<PixelRow, Prediction>(Samples.Zipped);
        float[] expected = engine.Predict(rows[1]).Score!;

        engine.Predict(rows[0]);
        rows[0].Pixels = rows[1].Pixels;

        Assert.Equal(expected, engine.Predict(rows[0]).Score);
    }

    [Fact]
    public void Predict_ManyEnginesOnManyThreads_ShareOneTransformer()
    {
        PixelRow[] rows = Samples.Rows(30);
        float[][] expected;
        using (PredictionEngine<PixelRow, Prediction> engine = _context.Model.CreatePredictionEngine<PixelRow, Prediction>(Samples.Zipped))
            expected = [.. rows.Select(row => engine.Predict(row).Score!)];

        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            using PredictionEngine<PixelRow, Prediction> engine = new MLContext().Model.CreatePredictionEngine<PixelRow, Prediction>(Samples.Zipped);
            for (int i = 0; i < rows.Length; i++)
                Assert.Equal(expected[i], engine.Predict(rows[i]).Score);
        });
    }

    [Fact]
    public void Predict_AfterAnotherEngineWasDisposed_StillWorks()
    {
        PixelRow row = Samples.Rows(1)[0];
        using PredictionEngine<PixelRow, Prediction> kept = _context.Model.CreatePredictionEngine<PixelRow, Prediction>(Samples.Zipped);
        _context.Model.CreatePredictionEngine<PixelRow, Prediction>(Samples.Zipped).Dispose();

        Assert.Equal(5, kept.Predict(row).Score!.Length);
    }
}
