using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Merging;

namespace ZipIt.MLNet.Tests;

/// <summary>The same class in two tasks.</summary>
public sealed class SharedLabelsTests
{
    private static readonly string[] First = ["bird", "cat", "other"];
    private static readonly string[] Second = ["other", "car"];

    private readonly MLContext _context = new(1);

    [Fact]
    public void Zip_SameLabelTwice_IsRefusedUnlessAllowed()
    {
        string message = Assert.ThrowsAny<ArgumentException>(
            () => _context.Transforms.Zip("Pixels", Samples.WithScores("a", 1, First), Samples.WithScores("b", 2, Second))).Message;
        Assert.Contains("'other'", message);
        Assert.Contains("SharedLabels", message);
    }

    [Fact]
    public void Transform_SharedClass_HasTheMeanOfItsTasks()
    {
        ZipTransformer model = Fit(First, Second);
        IDataView scored = model.Transform(Samples.View(_context, 10));
        float[][] joint = Read(scored, "Score"), a = Read(scored, "a.Score"), b = Read(scored, "b.Score");

        Assert.Equal(["bird", "cat", "other", "car"], model.Labels);
        Assert.Equal(["bird", "cat", "other", "car"], ReadNames(scored.Schema["Score"]));
        Assert.Equal(["other", "car"], ReadNames(scored.Schema["b.Score"]));
        for (int i = 0; i < joint.Length; i++)
        {
            float[] expected = [a[i][0], a[i][1], (a[i][2] + b[i][0]) / 2, b[i][1]];
            float sum = expected.Sum();
            for (int c = 0; c < expected.Length; c++)
                Assert.Equal(expected[c] / sum, joint[i][c], 1e-6);
        }
    }

    [Fact]
    public void Transform_TwoModelsOfOneTask_HasTheMeanOfBoth()
    {
        IDataView scored = Fit(First, First).Transform(Samples.View(_context, 10));
        float[][] joint = Read(scored, "Score"), a = Read(scored, "a.Score"), b = Read(scored, "b.Score");
        for (int i = 0; i < joint.Length; i++)
        {
            for (int c = 0; c < First.Length; c++)
                Assert.Equal((a[i][c] + b[i][c]) / 2, joint[i][c], 1e-6);
        }
    }

    [Fact]
    public void EvaluateZip_SharedClass_CountsForEachTaskThatKnowsIt()
    {
        PixelRow[] rows = Samples.Rows(40);
        string[] classes = ["bird", "cat", "other", "car"];
        for (int i = 0; i < rows.Length; i++)
            rows[i].Class = classes[i % 4];
        IDataView scored = Fit(First, Second).Transform(_context.Data.LoadFromEnumerable(rows));

        ZipMetrics metrics = _context.MulticlassClassification.EvaluateZip(scored, "Class");

        Assert.Equal(40, metrics.NumberOfRows);
        Assert.Equal([30, 20], metrics.Tasks.Select(task => task.NumberOfRows));
        Assert.Equal(4, metrics.ConfusionMatrix.NumberOfClasses);
        uint[] other = [.. scored.GetColumn<uint>("b.PredictedLabel")];
        double expected = rows.Select((row, i) => (row.Class, Label: other[i])).Count(row => (row.Class, row.Label) is ("other", 1) or ("car", 2)) / 20.0;
        Assert.Equal(expected, metrics.Tasks[1].Accuracy, 1e-12);
    }

    [Fact]
    public void EvaluateZip_TwoModelsOfOneTask_MeasuresBoth()
    {
        PixelRow[] rows = Samples.Rows(30);
        foreach (PixelRow row in rows)
            row.Class = First[row.Number % 3];
        IDataView scored = Fit(First, First).Transform(_context.Data.LoadFromEnumerable(rows));
        IDataView copied = _context.Transforms.CopyColumns("copy.Score", "a.Score").Fit(scored).Transform(scored);

        ZipMetrics metrics = _context.MulticlassClassification.EvaluateZip(copied, "Class");

        Assert.Equal(["a", "b"], metrics.Tasks.Select(task => task.Name));
        Assert.Equal([30, 30], metrics.Tasks.Select(task => task.NumberOfRows));
    }

    [Fact]
    public void Load_SavedModel_SharesItsLabelsStill()
    {
        ZipTransformer saved = Fit(First, Second);
        IDataView data = Samples.View(_context, 12);

        var loaded = Assert.IsType<ZipTransformer>(EstimatorWorkout.SaveAndLoad(_context, saved, data.Schema, out _));

        Assert.True(loaded.SharedLabels);
        Assert.Equal(saved.Labels, loaded.Labels);
        EstimatorWorkout.CheckSameValues(saved.Transform(data), loaded.Transform(data));
        Assert.False(Samples.Zipped.SharedLabels);
    }

    [Fact]
    public void MapLabelToKey_LabelsOfBothClassifiers_FollowTheScores()
    {
        PixelRow[] rows = Samples.Rows(4);
        (rows[0].Class, rows[1].Class, rows[2].Class, rows[3].Class) = ("bird", "other", "car", "cat");
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        IDataView keys = _context.Transforms.Conversion.MapLabelToKey("Key", [.. First, .. Second], "Class").Fit(data).Transform(data);
        Assert.Equal([1u, 3u, 4u, 2u], keys.GetColumn<uint>("Key"));
    }

    private ZipTransformer Fit(string[] first, string[] second) => _context.Transforms
        .Zip(new ZipEstimator.Options { SharedLabels = true, Method = ZipMethod.Paper }, Samples.WithScores("a", 1, first), Samples.WithScores("b", 2, second))
        .Fit(Samples.View(_context, 20));

    private static float[][] Read(IDataView view, string column) => [.. view.GetColumn<float[]>(column)];

    private static string[] ReadNames(DataViewSchema.Column column)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }
}
