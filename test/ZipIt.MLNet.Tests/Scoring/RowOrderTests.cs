using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace ZipIt.MLNet.Tests;

/// <summary>Every row keeps its own scores, also where the data is another one each time it is read.</summary>
public sealed class RowOrderTests
{
    private readonly MLContext _context = new(1);

    [Fact]
    public void Transform_RowsInAnotherOrderEachTime_KeepsScoresWithTheirRows()
    {
        PixelRow[] rows = Samples.Rows(70);
        float[][] expected = Scores(_context.Data.LoadFromEnumerable(rows)).Values.ToArray();
        var random = new Random(5);

        Dictionary<int, float[]> actual = Scores(_context.Data.LoadFromEnumerable(rows.OrderBy(_ => random.Next())));

        Assert.Equal(70, actual.Count);
        Assert.All(actual, pair => Assert.Equal(expected[pair.Key], pair.Value));
    }

    [Fact]
    public void Transform_RowsOfAParallelQuery_KeepsScoresWithTheirRows()
    {
        PixelRow[] rows = Samples.Rows(70);
        Dictionary<int, float[]> expected = Scores(_context.Data.LoadFromEnumerable(rows));

        Dictionary<int, float[]> actual =
            Scores(_context.Data.LoadFromEnumerable(rows.AsParallel().WithDegreeOfParallelism(4).Where(row => row.Number % 2 == 0)));

        Assert.Equal(35, actual.Count);
        Assert.All(actual, pair => Assert.Equal(expected[pair.Key], pair.Value));
    }

    [Fact]
    public void Transform_OtherPixelsEachTime_ShowsThePixelsThatWereScored()
    {
        var random = new Random(5);
        IDataView data = _context.Transforms.CustomMapping<PixelRow, PixelRow>((from, to) =>
        {
            to.Pixels = [.. from.Pixels!.Select(value => value * (float)random.NextDouble())];
            to.Number = from.Number;
        }, null).Fit(Samples.View(_context, 40)).Transform(Samples.View(_context, 40));

        ScoredPixels[] rows = [.. _context.Data.CreateEnumerable<ScoredPixels>(Samples.Zipped.Transform(data), reuseRowObject: false)];

        ScoredPixels[] again = [.. _context.Data.CreateEnumerable<ScoredPixels>(
            Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows.Select(row => new PixelRow { Pixels = row.Pixels }))), reuseRowObject: false)];
        Assert.Equal(again.Select(row => row.Score), rows.Select(row => row.Score));
        Assert.NotEqual(Samples.Rows(40).Select(row => row.Pixels), rows.Select(row => row.Pixels));
    }

    [Fact]
    public void Evaluate_RowsInAnotherOrderEachTime_GivesTheAccuracyOfAFixedOrder()
    {
        PixelRow[] rows = Samples.Rows(60);
        var random = new Random(5);
        double expected = _context.MulticlassClassification.EvaluateZip(Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows)), "Class")
            .JointAccuracy;

        IDataView scored = Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows.OrderBy(_ => random.Next())));

        Assert.Equal(expected, _context.MulticlassClassification.EvaluateZip(scored, "Class").JointAccuracy);
    }

    [Fact]
    public void Cursor_ScoresAndColumns_OpensOneCursorWithWhatIsNeeded()
    {
        var view = new WatchedView(Samples.View(_context, 50));
        IDataView scored = Samples.Zipped.Transform(view);

        foreach (string[] names in (string[][])[["Score"], ["Class", "Score"], ["Class"], ["Pixels", "Score"]])
            Read(scored, names);

        Assert.Equal([["Pixels"], ["Pixels", "Class"], ["Class"], ["Pixels"]], view.Cursors);
        Assert.Equal(0, view.Open);
    }

    [Fact]
    public void CursorSet_ScoresAndColumns_IsSplitAsTheInputIs()
    {
        var view = new WatchedView(Samples.View(_context, 51));
        IDataView scored = Samples.Zipped.WithEngine(new Networks.CpuEngine(), 4).Transform(view);
        Dictionary<int, float[]> expected = Scores(Samples.View(_context, 51));

        DataViewRowCursor[] cursors = scored.GetRowCursorSet([scored.Schema["Number"], scored.Schema["Score"]], 2);

        Assert.Equal(2, cursors.Length);
        var seen = new List<int>();
        foreach (DataViewRowCursor cursor in cursors)
        {
            ValueGetter<int> number = cursor.GetGetter<int>(scored.Schema["Number"]);
            ValueGetter<VBuffer<float>> scores = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
            ValueGetter<DataViewRowId> id = cursor.GetIdGetter();
            VBuffer<float> buffer = default;
            for (long position = 0; cursor.MoveNext(); position++)
            {
                int value = 0;
                DataViewRowId own = default;
                number(ref value);
                scores(ref buffer);
                id(ref own);
                Assert.Equal(position, cursor.Position);
                Assert.Equal(value, cursor.Batch);
                Assert.Equal((ulong)value, own.Low);
                Assert.Equal(expected[value], buffer.DenseValues());
                seen.Add(value);
            }

            cursor.Dispose();
        }

        Assert.Equal(Enumerable.Range(0, 51), seen.Order());
    }

    private Dictionary<int, float[]> Scores(IDataView data) =>
        _context.Data.CreateEnumerable<NumberedScores>(Samples.Zipped.Transform(data), reuseRowObject: false)
            .ToDictionary(row => row.Number, row => row.Score!);

    private static void Read(IDataView view, string[] names)
    {
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema.Where(column => names.Contains(column.Name)));
        while (cursor.MoveNext())
        {
        }
    }

    private sealed class NumberedScores
    {
        public int Number { get; set; }

        public float[]? Score { get; set; }
    }

    private sealed class ScoredPixels
    {
        [VectorType(3, 8, 8)]
        public float[]? Pixels { get; set; }

        public float[]? Score { get; set; }
    }
}
