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
        Prediction[] expected = [.. _context.Data.CreateEnumerable<Prediction>(Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];
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
    public void Load_SavedModel_GivesTheSameScoresBitForBit()
    {
        IDataView data = Samples.View(_context, 40);
        var stream = new MemoryStream();
        _context.Model.Save(Samples.Zipped, data.Schema, stream);
        stream.Position = 0;

        ITransformer loaded = new MLContext().Model.Load(stream, out DataViewSchema schema);

        Assert.IsType<ZipTransformer>(loaded);
        Assert.Equal(data.Schema.Select(column => column.Name), schema.Select(column => column.Name));
        Prediction[] expected = [.. _context.Data.CreateEnumerable<Prediction>(Samples.Zipped.Transform(data), reuseRowObject: false)];
        Prediction[] actual = [.. _context.Data.CreateEnumerable<Prediction>(loaded.Transform(data), reuseRowObject: false)];
        Assert.Equal(expected.Select(row => row.Score), actual.Select(row => row.Score));
        Assert.Equal(expected.Select(row => row.PredictedLabel), actual.Select(row => row.PredictedLabel));
    }
}
