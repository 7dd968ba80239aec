using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.Evaluation;

public class MulticlassEvaluationTests
{
    private readonly MLContext _context = new();

    [Fact]
    public void Evaluate_SmallTable_GivesTheFiguresDoneByHand()
    {
        // Classes 0, 0, 1, 2 with their predictions 0, 1, 1, 0.
        MulticlassClassificationMetrics metrics = Evaluate(
            topK: 2,
            new Row(1, 0.7f, 0.2f, 0.1f), new Row(1, 0.3f, 0.6f, 0.1f), new Row(2, 0.1f, 0.8f, 0.1f), new Row(3, 0.5f, 0.3f, 0.2f));

        Assert.Equal(0.5, metrics.MicroAccuracy, 12);
        Assert.Equal((0.5 + 1 + 0) / 3, metrics.MacroAccuracy, 12);
        double logLoss = -(Math.Log(0.7f) + Math.Log(0.3f) + Math.Log(0.8f) + Math.Log(0.2f)) / 4;
        double entropy = -(0.5 * Math.Log(0.5) + 0.5 * Math.Log(0.25));
        Assert.Equal(logLoss, metrics.LogLoss, 12);
        Assert.Equal((entropy - logLoss) / entropy, metrics.LogLossReduction, 12);
        Assert.Equal([-(Math.Log(0.7f) + Math.Log(0.3f)) / 2, -Math.Log(0.8f), -Math.Log(0.2f)], metrics.PerClassLogLoss);
        Assert.Equal(2, metrics.TopKPredictionCount);
        Assert.Equal([0.5, 0.75], metrics.TopKAccuracyForAllK);
        Assert.Equal(0.75, metrics.TopKAccuracy);
        ConfusionMatrix matrix = metrics.ConfusionMatrix;
        Assert.Equal(3, matrix.NumberOfClasses);
        Assert.Equal([[1, 1, 0], [0, 1, 0], [1, 0, 0]], matrix.Counts);
        Assert.Equal([0.5, 0.5, 0], matrix.PerClassPrecision);
        Assert.Equal([0.5, 1, 0], matrix.PerClassRecall);
        Assert.Equal(1, matrix.GetCountForClassPair(predictedClassIndicatorIndex: 0, actualClassIndicatorIndex: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.GetCountForClassPair(3, 0));
    }

    [Fact]
    public void Evaluate_NoTopK_LeavesItOut()
    {
        MulticlassClassificationMetrics metrics = Evaluate(topK: 0, new Row(1, 1, 0, 0));
        Assert.Equal((0, 0.0), (metrics.TopKPredictionCount, metrics.TopKAccuracy));
        Assert.Null(metrics.TopKAccuracyForAllK);
        Assert.Throws<ArgumentOutOfRangeException>(() => Evaluate(topK: -1, new Row(1, 1, 0, 0)));
    }

    [Fact]
    public void Evaluate_Ties_GoToTheLowerClass()
    {
        MulticlassClassificationMetrics metrics = Evaluate(topK: 3, new Row(1, 0.4f, 0.4f, 0.2f), new Row(2, 0.4f, 0.4f, 0.2f), new Row(3, 0, 0, 0));
        Assert.Equal(1 / 3.0, metrics.MicroAccuracy, 12);
        Assert.Equal([1 / 3.0, 2 / 3.0, 1], metrics.TopKAccuracyForAllK, (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void Evaluate_ScoresBeyondProbabilities_AreClamped()
    {
        MulticlassClassificationMetrics metrics = Evaluate(topK: 0, new Row(1, 7, 0, 0), new Row(2, 7, -3, 0));
        Assert.Equal([0, -Math.Log(1e-15f), 0], metrics.PerClassLogLoss);
    }

    [Fact]
    public void Evaluate_MissingLabelsAndBadScores_AreSkipped()
    {
        MulticlassClassificationMetrics metrics = Evaluate(
            topK: 0, new Row(1, 1, 0, 0), new Row(0, 1, 0, 0), new Row(2, float.NaN, 0, 0), new Row(2, 0, float.PositiveInfinity, 0));
        Assert.Equal(1, metrics.MicroAccuracy);
        Assert.Equal(1, metrics.ConfusionMatrix.Counts.Sum(row => row.Sum()));
    }

    [Fact]
    public void Evaluate_NumbersAsLabels_CountFromZero()
    {
        FloatRow[] rows =
        [
            new(0, 1, 0), new(1, 0, 1), new(float.NaN, 1, 0), new(-1, 1, 0), new(0.5f, 1, 0),
            new(5, 1, 0),
        ];
        MulticlassClassificationMetrics metrics = _context.MulticlassClassification.Evaluate(_context.Data.LoadFromEnumerable(rows));
        Assert.Equal(2 / 3.0, metrics.MicroAccuracy, 12);
        Assert.Equal(1, metrics.MacroAccuracy);
        Assert.Equal(-Math.Log(1e-15f) / 3, metrics.LogLoss, 12);
        Assert.Equal(2, metrics.ConfusionMatrix.Counts.Sum(row => row.Sum()));
    }

    [Fact]
    public void Evaluate_NoRows_GivesZerosAndNaN()
    {
        MulticlassClassificationMetrics metrics = Evaluate(topK: 1);
        Assert.Equal((0.0, 0.0, 0.0), (metrics.MicroAccuracy, metrics.MacroAccuracy, metrics.LogLoss));
        Assert.True(double.IsNaN(metrics.TopKAccuracy));
        Assert.True(double.IsNaN(metrics.LogLossReduction));
    }

    [Fact]
    public void Evaluate_UnsuitableColumns_Throws()
    {
        IDataView data = _context.Data.LoadFromEnumerable(new List<Row>());
        MulticlassClassificationCatalog catalog = _context.MulticlassClassification;
        Assert.Contains("Nothing", Assert.Throws<ArgumentOutOfRangeException>(() => catalog.Evaluate(data, labelColumnName: "Nothing")).Message);
        Assert.Contains("Nothing", Assert.Throws<ArgumentOutOfRangeException>(() => catalog.Evaluate(data, scoreColumnName: "Nothing")).Message);
        Assert.Contains("Nothing", Assert.Throws<ArgumentOutOfRangeException>(() => catalog.Evaluate(data, predictedLabelColumnName: "Nothing")).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => catalog.Evaluate(data, scoreColumnName: "Label"));
        Assert.Throws<ArgumentOutOfRangeException>(() => catalog.Evaluate(data, labelColumnName: "Integer"));
        Assert.Throws<ArgumentNullException>(() => catalog.Evaluate(null));
        catalog.Evaluate(data, predictedLabelColumnName: "Integer");
    }

    [Fact]
    public void Evaluate_SlotNames_NameTheClasses()
    {
        string table = Evaluate(topK: 0, new Row(1, 1, 0, 0), new Row(3, 1, 0, 0)).ConfusionMatrix.GetFormattedConfusionTable();
        Assert.Equal(
            """

            Confusion table
                      ||========================
            PREDICTED ||     0 |     1 |     2 | Recall
            TRUTH     ||========================
                    0 ||     1 |     0 |     0 | 1.0000
                    1 ||     0 |     0 |     0 | 0.0000
                    2 ||     1 |     0 |     0 | 0.0000
                      ||========================
            Precision ||0.5000 |0.0000 |0.0000 |

            """.ReplaceLineEndings(),
            table);

        SchemaDefinition definition = SchemaDefinition.Create(typeof(Row), SchemaDefinition.Direction.Read);
        definition["Score"].AddAnnotation("SlotNames", new[] { "cat", "horse", "dog" }, new VectorDataViewType(TextDataViewType.Instance, 3));
        Assert.Contains("cat |", Evaluate(definition).ConfusionMatrix.GetFormattedConfusionTable());
        definition["Score"].AddAnnotation("Other", new[] { "x" }, new VectorDataViewType(TextDataViewType.Instance, 1));

        SchemaDefinition longNames = SchemaDefinition.Create(typeof(Row), SchemaDefinition.Direction.Read);
        longNames["Score"].AddAnnotation("SlotNames", new[] { "kitten", "horse", "dog" }, new VectorDataViewType(TextDataViewType.Instance, 3));
        string numbered = Evaluate(longNames).ConfusionMatrix.GetFormattedConfusionTable();
        Assert.Contains("0. kitten ||", numbered);
        Assert.Contains("2.    dog ||", numbered);

        SchemaDefinition tooFew = SchemaDefinition.Create(typeof(Row), SchemaDefinition.Direction.Read);
        tooFew["Score"].AddAnnotation("SlotNames", new[] { "x" }, new VectorDataViewType(TextDataViewType.Instance, 1));
        Assert.Throws<InvalidOperationException>(() => Evaluate(tooFew));
    }

    private MulticlassClassificationMetrics Evaluate(int topK, params Row[] rows) =>
        _context.MulticlassClassification.Evaluate(_context.Data.LoadFromEnumerable(rows), topKPredictionCount: topK);

    private MulticlassClassificationMetrics Evaluate(SchemaDefinition definition) =>
        _context.MulticlassClassification.Evaluate(_context.Data.LoadFromEnumerable([new Row(1, 1, 0, 0)], definition));

    private sealed class Row(uint rawLabel, params float[] scores)
    {
        // Members count keys from 0; a raw key of 0 is missing.
        [KeyType(3)]
        public uint Label { get; } = rawLabel - 1;

        [VectorType(3)]
        public float[] Score { get; } = scores;

        public string PredictedLabel { get; } = "never read";

        public int Integer { get; }
    }

    private sealed class FloatRow(float label, params float[] scores)
    {
        public float Label { get; } = label;

        [VectorType(2)]
        public float[] Score { get; } = scores;

        public float PredictedLabel { get; }
    }
}
