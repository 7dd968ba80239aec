using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace ZipIt.MLNet.Tests;

public sealed class EvaluationTests
{
    private readonly MLContext _context = new(1);

    [Fact]
    public void EvaluateZip_TextLabels_CountsJointAndPerTask()
    {
        PixelRow[] rows = Samples.Rows(80);
        IDataView scored = Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows));
        Prediction[] predictions = [.. _context.Data.CreateEnumerable<Prediction>(scored, reuseRowObject: false)];
        string[] labels = [.. Samples.Zipped.Labels];

        ZipMetrics metrics = _context.MulticlassClassification.EvaluateZip(scored, "Class");

        Assert.Equal(80, metrics.NumberOfRows);
        double joint = rows.Zip(predictions).Count(pair => labels[pair.Second.PredictedLabel - 1] == pair.First.Class) / 80.0;
        Assert.Equal(joint, metrics.JointAccuracy, 1e-12);
        (PixelRow Row, Prediction Prediction)[] animals = [.. rows.Zip(predictions).Where(pair => Samples.Animals.Contains(pair.First.Class))];
        double perTask = animals.Count(pair => Samples.Animals[pair.Prediction.AnimalsLabel - 1] == pair.Row.Class) / (double)animals.Length;
        Assert.Equal(["animals", "vehicles"], metrics.Tasks.Select(task => task.Name));
        Assert.Equal(animals.Length, metrics.Tasks[0].NumberOfRows);
        Assert.Equal(perTask, metrics.Tasks[0].Accuracy, 1e-12);
        Assert.Equal((metrics.Tasks[0].Accuracy + metrics.Tasks[1].Accuracy) / 2, metrics.AverageAccuracy, 1e-12);
        Assert.Equal(5, metrics.ConfusionMatrix.NumberOfClasses);
        Assert.Equal(80, metrics.ConfusionMatrix.Counts.Sum(row => row.Sum()));
        Assert.Equal(rows.Count(row => row.Class == "cat"), metrics.ConfusionMatrix.Counts[1].Sum());
        Assert.Equal(3, metrics.Tasks[0].ConfusionMatrix.NumberOfClasses);
        Assert.Equal(Samples.Vehicles, metrics.Tasks[1].Labels);
    }

    [Fact]
    public void EvaluateZip_KeysWithoutValues_CountByPosition()
    {
        KeyRow[] rows = [.. Samples.Rows(40).Select(row => new KeyRow { Pixels = row.Pixels, Key = (uint)Samples.Zipped.Labels.ToList().IndexOf(row.Class!) })];
        double expected = _context.MulticlassClassification.EvaluateZip(Samples.Zipped.Transform(Samples.View(_context, 40)), "Class").JointAccuracy;

        ZipMetrics metrics = _context.MulticlassClassification.EvaluateZip(Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows)), "Key");

        Assert.Equal(expected, metrics.JointAccuracy);
    }

    [Fact]
    public void EvaluateZip_ForeignClassesAndMissingScores_AreSkipped()
    {
        PixelRow[] rows = Samples.Rows(20);
        rows[3].Class = "unicorn";
        rows[4].Class = null;
        rows[5].Pixels![0] = float.PositiveInfinity;

        ZipMetrics metrics = _context.MulticlassClassification.EvaluateZip(Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows)), "Class");

        Assert.Equal(17, metrics.NumberOfRows);
    }

    [Fact]
    public void EvaluateZip_Prefix_FindsItsColumns()
    {
        IDataView data = Samples.View(_context, 30);
        ZipTransformer zipped = Samples.Fit(_context, new ZipEstimator.Options { OutputColumnNamePrefix = "Zip." });
        IDataView both = Samples.Zipped.Transform(zipped.Transform(data));

        ZipMetrics metrics = _context.MulticlassClassification.EvaluateZip(both, "Class", "Zip.");

        Assert.Equal(["animals", "vehicles"], metrics.Tasks.Select(task => task.Name));
        Assert.Equal(_context.MulticlassClassification.EvaluateZip(Samples.Zipped.Transform(data), "Class").JointAccuracy, metrics.JointAccuracy);
    }

    [Fact]
    public void EvaluateZip_WrongColumns_AreNamed()
    {
        IDataView data = Samples.View(_context, 5);
        IDataView scored = Samples.Zipped.Transform(data);

        Assert.Contains("'Label'", Refuse(scored, "Label"));
        Assert.Contains("'Score'", Refuse(data, "Class"));
        Assert.Contains("'Number'", Refuse(scored, "Number"));
        Assert.Contains("'None.Score'", Refuse(scored, "Class", "None."));

        string Refuse(IDataView view, string label, string prefix = "") =>
            Assert.Throws<ArgumentOutOfRangeException>(() => _context.MulticlassClassification.EvaluateZip(view, label, prefix)).Message;
    }

    [Fact]
    public void EvaluateZip_NoRowOfTheTasks_SaysSo()
    {
        PixelRow[] rows = Samples.Rows(3);
        foreach (PixelRow row in rows)
            row.Class = "unicorn";

        Assert.Throws<InvalidOperationException>(() =>
            _context.MulticlassClassification.EvaluateZip(Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows)), "Class"));
    }

    [Fact]
    public void Evaluate_MLNetsOwn_AgreesOnTheJointAccuracy()
    {
        KeyRow[] rows = [.. Samples.Rows(60).Select(row => new KeyRow { Pixels = row.Pixels, Key = (uint)Samples.Zipped.Labels.ToList().IndexOf(row.Class!) })];
        IDataView scored = Samples.Zipped.Transform(_context.Data.LoadFromEnumerable(rows));

        MulticlassClassificationMetrics metrics = _context.MulticlassClassification.Evaluate(scored, labelColumnName: "Key");

        Assert.Equal(_context.MulticlassClassification.EvaluateZip(scored, "Key").JointAccuracy, metrics.MicroAccuracy, 1e-12);
        Assert.Equal(5, metrics.ConfusionMatrix.NumberOfClasses);
    }

    [Fact]
    public void MapLabelToKey_TextLabels_FollowTheOrderOfTheScores()
    {
        PixelRow[] rows = Samples.Rows(60);
        rows[0].Class = "unicorn";
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        var pipeline = _context.Transforms.Conversion.MapLabelToKey("Label", Samples.Zipped.Labels, "Class")
            .Append(_context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier));
        IDataView scored = pipeline.Fit(data).Transform(data);

        LabelRow[] labelled = [.. _context.Data.CreateEnumerable<LabelRow>(scored, reuseRowObject: false)];
        MulticlassClassificationMetrics metrics = _context.MulticlassClassification.Evaluate(scored);

        Assert.Equal(0u, labelled[0].Label);
        Assert.Equal(rows.Skip(1).Select(row => (uint)Samples.Zipped.Labels.ToList().IndexOf(row.Class!) + 1), labelled.Skip(1).Select(row => row.Label));
        Assert.Equal(_context.MulticlassClassification.EvaluateZip(scored, "Class").JointAccuracy, metrics.MicroAccuracy, 1e-12);
        Assert.Equal(metrics.MicroAccuracy, _context.MulticlassClassification.EvaluateZip(scored).JointAccuracy, 1e-12);
    }

    /// <summary>ML.NET's evaluator compares numbers: what it gives for keys in another order is wrong, and the log says so.</summary>
    [Fact]
    public void MapValueToKey_ClassesNumberedAsTheyCome_IsWarnedOfAndMeasuredByName()
    {
        var warnings = new List<string>();
        _context.Log += (_, message) =>
        {
            if (message.Kind == ChannelMessageKind.Warning && message.RawMessage.Contains("MapLabelToKey", StringComparison.Ordinal))
                warnings.Add(message.RawMessage);
        };
        IDataView data = Samples.View(_context, 60);
        IDataView asTheyCome = _context.Transforms.Conversion.MapValueToKey("Label", "Class").Fit(data).Transform(data);
        IDataView inOrder = _context.Transforms.Conversion.MapLabelToKey("Label", Samples.Zipped.Labels, "Class").Fit(data).Transform(data);
        ZipTransformer zipped = _context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier).Fit(data);
        double expected = _context.MulticlassClassification.EvaluateZip(zipped.Transform(data), "Class").JointAccuracy;
        Assert.Equal(expected, _context.MulticlassClassification.Evaluate(zipped.Transform(inOrder)).MicroAccuracy, 1e-12);
        zipped.Transform(_context.Transforms.Conversion.MapLabelToKey("Vehicle", Samples.Vehicles, "Class").Fit(data).Transform(zipped.Transform(data)));
        Assert.Empty(warnings);

        IDataView scored = zipped.Transform(asTheyCome);
        zipped.Transform(asTheyCome);

        Assert.Contains("'Label'", Assert.Single(warnings));
        Assert.NotEqual(expected, _context.MulticlassClassification.Evaluate(scored).MicroAccuracy, 1e-3);
        Assert.Equal(expected, _context.MulticlassClassification.EvaluateZip(scored).JointAccuracy);
    }

    [Fact]
    public void MapKeyToValue_PredictedLabels_GivesClassNames()
    {
        IDataView data = Samples.View(_context, 20);
        var pipeline = _context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier)
            .Append(_context.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"))
            .Append(_context.Transforms.Conversion.MapKeyToValue("Vehicle", "vehicles.PredictedLabel"));

        NamedRow[] rows = [.. _context.Data.CreateEnumerable<NamedRow>(pipeline.Fit(data).Transform(data), reuseRowObject: false)];

        Assert.All(rows, row => Assert.Equal(Samples.Zipped.Labels[Array.IndexOf(row.Score!, row.Score!.Max())], row.Name));
        Assert.All(rows, row => Assert.Contains(row.Vehicle!, Samples.Vehicles));
    }

    private sealed class LabelRow
    {
        public uint Label { get; set; }
    }

    private sealed class NamedRow
    {
        public float[]? Score { get; set; }

        public string? Name { get; set; }

        public string? Vehicle { get; set; }
    }

    private sealed class KeyRow
    {
        [VectorType(3, 8, 8)]
        public float[]? Pixels { get; set; }

        /// <summary>Zero-based, as ML.NET takes key members.</summary>
        [KeyType(5)]
        public uint Key { get; set; }
    }
}
