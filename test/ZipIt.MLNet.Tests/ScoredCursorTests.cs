using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Networks;

namespace ZipIt.MLNet.Tests;

public sealed class ScoredCursorTests
{
    private readonly MLContext _context = new(1);

    [Theory]
    [InlineData(1, 10)]
    [InlineData(7, 20)]
    [InlineData(7, 21)]
    [InlineData(7, 22)]
    [InlineData(32, 5)]
    [InlineData(32, 0)]
    public void Cursor_AnyBatchSize_GivesEveryRowItsOwnScores(int batchSize, int rows)
    {
        IDataView data = Samples.View(_context, rows);
        float[][] expected = ReadScores(Samples.Zipped.Transform(data));

        float[][] actual = ReadScores(Samples.Zipped.WithEngine(new CpuEngine(), batchSize).Transform(data));

        Assert.Equal(rows, actual.Length);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Cursor_PassThroughColumns_StandBesideTheScoresOfTheirRow()
    {
        PixelRow[] rows = Samples.Rows(50);
        IDataView scored = Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows));
        float[][] expected = ReadScores(scored);

        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Number"], scored.Schema["Class"], scored.Schema["Score"]]);
        ValueGetter<int> number = cursor.GetGetter<int>(scored.Schema["Number"]);
        ValueGetter<ReadOnlyMemory<char>> name = cursor.GetGetter<ReadOnlyMemory<char>>(scored.Schema["Class"]);
        ValueGetter<VBuffer<float>> scores = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.True(cursor.MoveNext());
            int value = 0;
            ReadOnlyMemory<char> text = default;
            VBuffer<float> buffer = default;
            number(ref value);
            name(ref text);
            scores(ref buffer);
            Assert.Equal(i, value);
            Assert.Equal(rows[i].Class, text.ToString());
            Assert.Equal(expected[i], buffer.DenseValues());
        }

        Assert.False(cursor.MoveNext());
    }

    [Fact]
    public void Cursor_NoScoreActive_RunsNothing()
    {
        var engine = new CountingEngine();
        IDataView scored = Samples.Zipped.WithEngine(engine).Transform(Samples.View(_context, 50));

        using (DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Class"], scored.Schema["Pixels"]]))
        {
            while (cursor.MoveNext())
            {
            }
        }

        Assert.Equal(0, engine.Images);
        ReadScores(scored);
        Assert.Equal(50, engine.Images);
        Assert.Equal(2, engine.Runs);
    }

    [Fact]
    public void Cursor_SeveralOutputs_ShareOneRun()
    {
        var engine = new CountingEngine();
        IDataView scored = Samples.Zipped.WithEngine(engine).Transform(Samples.View(_context, 64));

        _ = _context.Data.CreateEnumerable<Prediction>(scored, reuseRowObject: false).ToArray();

        Assert.Equal(64, engine.Images);
    }

    [Fact]
    public void Cursor_InactiveColumnOrWrongType_IsRefused()
    {
        IDataView scored = Samples.Zipped.Transform(Samples.View(_context, 5));
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);

        Assert.True(cursor.IsColumnActive(scored.Schema["Score"]));
        Assert.False(cursor.IsColumnActive(scored.Schema["PredictedLabel"]));
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<uint>(scored.Schema["PredictedLabel"]));
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<int>(scored.Schema["Number"]));
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<float>(scored.Schema["Score"]));
    }

    [Fact]
    public void Cursor_Shuffled_KeepsScoresWithTheirRows()
    {
        IDataView scored = Samples.Zipped.Transform(new ShuffleableView(_context, Samples.Rows(70)));
        Assert.True(scored.CanShuffle);
        IDataView fixedOrder = Samples.View(_context, 1);
        Assert.Equal(fixedOrder.CanShuffle, Samples.Zipped.Transform(fixedOrder).CanShuffle);
        float[][] expected = ReadScores(scored);

        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Number"], scored.Schema["Score"]], new Random(3));
        ValueGetter<int> number = cursor.GetGetter<int>(scored.Schema["Number"]);
        ValueGetter<VBuffer<float>> scores = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        var seen = new List<int>();
        while (cursor.MoveNext())
        {
            int value = 0;
            VBuffer<float> buffer = default;
            number(ref value);
            scores(ref buffer);
            seen.Add(value);
            Assert.Equal(expected[value], buffer.DenseValues());
        }

        Assert.Equal(Enumerable.Range(0, 70), seen.Order());
        Assert.NotEqual(Enumerable.Range(0, 70), seen);
    }

    [Fact]
    public void CursorSet_AnySelection_GivesEveryRowOnce()
    {
        IDataView scored = Samples.Zipped.Transform(Samples.View(_context, 50));
        foreach (string[] names in (string[][])[["Class"], ["Score"], ["Number", "Score"]])
        {
            DataViewRowCursor[] cursors = scored.GetRowCursorSet(scored.Schema.Where(column => names.Contains(column.Name)), 3);
            int rows = 0;
            foreach (DataViewRowCursor cursor in cursors)
            {
                while (cursor.MoveNext())
                    rows++;
                cursor.Dispose();
            }

            Assert.Equal(50, rows);
        }
    }

    [Fact]
    public void RowCount_OfTheInput_IsKept()
    {
        IDataView data = Samples.View(_context, 50);
        Assert.Equal(data.GetRowCount(), Samples.Zipped.Transform(data).GetRowCount());
    }

    [Fact]
    public void Cursors_OnManyThreads_GiveTheSameScores()
    {
        IDataView scored = Samples.Zipped.Transform(Samples.View(_context, 60));
        float[][] expected = ReadScores(scored);

        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => Assert.Equal(expected, ReadScores(scored)));
    }

    [Fact]
    public void Scores_OneAndTwoThreads_AreTheSameBits()
    {
        IDataView data = Samples.View(_context, 60);
        Assert.Equal(
            ReadScores(Samples.Zipped.WithEngine(new CpuEngine(), numberOfThreads: 1).Transform(data)),
            ReadScores(Samples.Zipped.WithEngine(new CpuEngine(), numberOfThreads: 2).Transform(data)));
    }

    [Fact]
    public void Scores_MissingPixels_AreMissingInThatRowOnly()
    {
        PixelRow[] rows = Samples.Rows(10);
        float[][] expected = ReadScores(Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows)));
        rows[4].Pixels![17] = float.NaN;

        Prediction[] actual = [.. _context.Data.CreateEnumerable<Prediction>(Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows)),
            reuseRowObject: false)];

        Assert.All(actual[4].Score!, score => Assert.True(float.IsNaN(score)));
        Assert.All(actual[4].AnimalsScore!, score => Assert.True(float.IsNaN(score)));
        Assert.Equal(0u, actual[4].PredictedLabel);
        Assert.Equal(0u, actual[4].AnimalsLabel);
        Assert.Equal(expected[5], actual[5].Score);
    }

    [Theory]
    [InlineData(1e30f)]
    [InlineData(-1e30f)]
    [InlineData(float.MaxValue)]
    [InlineData(1e13f)]
    public void Scores_PixelsThatOverflow_AreMissingInThatRowOnly(float value)
    {
        PixelRow[] rows = Samples.Rows(10);
        float[][] expected = ReadScores(Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows)));
        rows[4].Pixels![17] = value;
        IDataView scored = Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows));

        Prediction[] actual = [.. _context.Data.CreateEnumerable<Prediction>(scored, reuseRowObject: false)];

        Assert.All(actual[4].Score!, score => Assert.True(float.IsNaN(score)));
        Assert.All(actual[4].VehiclesScore!, score => Assert.True(float.IsNaN(score)));
        Assert.Equal(0u, actual[4].PredictedLabel);
        Assert.Equal(0u, actual[4].AnimalsLabel);
        Assert.Equal(expected[5], actual[5].Score);
        using PredictionEngine<PixelRow, Prediction> engine = _context.Model.CreatePredictionEngine<PixelRow, Prediction>(Samples.Zipped);
        Assert.Equal(actual[4].Score, engine.Predict(rows[4]).Score);
    }

    [Fact]
    public void Scores_OutputsThatOverflow_AreMissing()
    {
        var large = new Tensor(3, 6);
        large.Span.Fill(1e30f);
        Network network = Samples.AnimalClassifier.Network;
        Node output = network.Heads[0].Node;
        var scaled = new Network(new Head("output", new Node("scaled", new Linear(large), output)));
        ZipTransformer model = _context.Transforms.Zip("Pixels", ZipClassifier.FromNetwork("task", scaled, ["x", "y", "z"])).Fit(Samples.View(_context, 1));

        Prediction[] rows = [.. _context.Data.CreateEnumerable<Prediction>(model.Transform(Samples.View(_context, 4)), reuseRowObject: false,
            ignoreMissingColumns: true)];

        Assert.All(rows, row => Assert.Equal(0u, row.PredictedLabel));
        Assert.All(rows, row => Assert.All(row.Score!, score => Assert.True(float.IsNaN(score))));
    }

    [Fact]
    public void Scores_AreProbabilitiesOverAllTasksAndWithinEach()
    {
        Prediction[] rows = [.. _context.Data.CreateEnumerable<Prediction>(Samples.Zipped.Transform(Samples.View(_context, 10)), reuseRowObject: false)];

        foreach (Prediction row in rows)
        {
            Assert.Equal(1, row.Score!.Sum(), 1e-5);
            Assert.Equal(1, row.AnimalsScore!.Sum(), 1e-5);
            Assert.Equal(1, row.VehiclesScore!.Sum(), 1e-5);
            Assert.Equal((uint)Array.IndexOf(row.Score!, row.Score!.Max()) + 1, row.PredictedLabel);
        }
    }

    private static float[][] ReadScores(IDataView scored)
    {
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        var rows = new List<float[]>();
        VBuffer<float> buffer = default;
        while (cursor.MoveNext())
        {
            getter(ref buffer);
            rows.Add([.. buffer.DenseValues()]);
        }

        return [.. rows];
    }
}
