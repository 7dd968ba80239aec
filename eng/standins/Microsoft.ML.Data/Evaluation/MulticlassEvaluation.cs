using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Counts how often a scored classifier is right.</summary>
/// <remarks>
/// Scores are taken as probabilities. A label is the number of a class, or a key, which counts from 1. Rows whose label is missing, negative or
/// no integer are left out, and so are rows with scores that are not finite; a label beyond the scores counts as wrong.
/// </remarks>
internal sealed class MulticlassEvaluation
{
    private const float SmallestProbability = 1e-15f;

    private readonly int _classes;
    private readonly double[][] _counts;
    private readonly double[] _rows;
    private readonly double[] _logLoss;
    private readonly double[] _rankCounts;
    private double _totalRows;
    private double _totalLogLoss;
    private double _correct;
    private long _unknownLabels;
    private long _badLabels;
    private long _badScores;

    private MulticlassEvaluation(int classes)
    {
        _classes = classes;
        _counts = [.. Enumerable.Range(0, classes).Select(_ => new double[classes])];
        _rows = new double[classes];
        _logLoss = new double[classes];
        _rankCounts = new double[classes];
    }

    /// <summary>Evaluates scored data.</summary>
    public static MulticlassClassificationMetrics Run(IHost host, IDataView data, string labelName, string scoreName, string predictedLabelName, int topK)
    {
        DataViewSchema.Column label = Find(host, data.Schema, "Label", labelName);
        DataViewSchema.Column score = Find(host, data.Schema, "Score", scoreName);
        Find(host, data.Schema, "PredictedLabel", predictedLabelName);
        if (score.Type is not VectorDataViewType { Size: >= 2 } scoreType || !scoreType.ItemType.Equals(NumberDataViewType.Single))
            throw host.ExceptSchemaMismatch("schema", "score", score.Name, "two or more items of type Single", score.Type.ToString());
        if (!label.Type.Equals(NumberDataViewType.Single) && label.Type is not KeyDataViewType)
            throw host.ExceptSchemaMismatch("schema", "label", label.Name, "Single or KeyType", label.Type.ToString());

        List<ReadOnlyMemory<char>> names = ClassNames(host, score, scoreType.Size);
        var evaluation = new MulticlassEvaluation(scoreType.Size);
        using (DataViewRowCursor cursor = data.GetRowCursor([label, score]))
        {
            ValueGetter<float> getLabel = LabelGetter(cursor, label);
            ValueGetter<VBuffer<float>> getScores = cursor.GetGetter<VBuffer<float>>(score);
            VBuffer<float> scores = default;
            var dense = new float[scoreType.Size];
            float value = 0;
            while (cursor.MoveNext())
            {
                getLabel(ref value);
                getScores(ref scores);
                host.Check(scores.Length == dense.Length, $"The vectors in column '{score.Name}' should have {dense.Length} items; one has {scores.Length}.");
                scores.CopyTo(dense);
                evaluation.Add(value, dense);
            }
        }
        evaluation.Warn(host);
        return evaluation.ToMetrics(host, names, topK);
    }

    private static DataViewSchema.Column Find(IHost host, DataViewSchema schema, string role, string name) =>
        schema.GetColumnOrNull(name) ?? throw host.ExceptSchemaMismatch(nameof(schema), role, name);

    private static List<ReadOnlyMemory<char>> ClassNames(IHost host, DataViewSchema.Column score, int classes)
    {
        if (score.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.SlotNames)?.Type is not VectorDataViewType { IsKnownSize: true, ItemType: TextDataViewType } type)
            return [.. Enumerable.Range(0, classes).Select(i => i.ToString().AsMemory())];
        host.Check(type.Size == classes, $"The column '{score.Name}' has {classes} slots and names for {type.Size}.");
        VBuffer<ReadOnlyMemory<char>> names = default;
        score.GetSlotNames(ref names);
        return [.. names.DenseValues()];
    }

    // The number of the class, NaN if it is missing.
    private static ValueGetter<float> LabelGetter(DataViewRow row, DataViewSchema.Column label)
    {
        if (label.Type is not KeyDataViewType key)
            return row.GetGetter<float>(label);
        ValueGetter<float> Make<T>(Func<T, ulong> widen)
        {
            ValueGetter<T> getter = row.GetGetter<T>(label);
            T raw = default;
            return (ref float value) =>
            {
                getter(ref raw);
                ulong number = widen(raw);
                value = number == 0 || number > key.Count ? float.NaN : number - 1;
            };
        }
        return Type.GetTypeCode(key.RawType) switch
        {
            TypeCode.Byte => Make<byte>(raw => raw),
            TypeCode.UInt16 => Make<ushort>(raw => raw),
            TypeCode.UInt32 => Make<uint>(raw => raw),
            _ => Make<ulong>(raw => raw),
        };
    }

    private void Add(float label, ReadOnlySpan<float> scores)
    {
        if (float.IsNaN(label))
            return;
        if (label < 0 || label != (int)label)
        {
            _badLabels++;
            return;
        }
        foreach (float score in scores)
        {
            if (!float.IsFinite(score))
            {
                _badScores++;
                return;
            }
        }

        _totalRows++;
        int actual = (int)label;
        int predicted = BestOf(scores);
        if (actual >= _classes)
        {
            _unknownLabels++;
            _totalLogLoss -= Math.Log(SmallestProbability);
            return;
        }
        double logLoss = -Math.Log(Math.Min(1, Math.Max(SmallestProbability, scores[actual])));
        _totalLogLoss += logLoss;
        _rows[actual]++;
        _logLoss[actual] += logLoss;
        _counts[actual][predicted]++;
        if (predicted == actual)
            _correct++;
        _rankCounts[RankOf(actual, scores)]++;
    }

    // Ties go to the lower number, here and in the rank.
    private static int BestOf(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best])
                best = i;
        }
        return best;
    }

    private static int RankOf(int index, ReadOnlySpan<float> scores)
    {
        int rank = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i] > scores[index] || (scores[i] == scores[index] && i < index))
                rank++;
        }
        return rank;
    }

    private void Warn(IHost host)
    {
        using IChannel channel = host.Start("Evaluation");
        if (_unknownLabels > 0)
        {
            channel.Warning(
                $"Found {_unknownLabels} test instances with class values not seen in the training set. LogLoss is reported higher than usual because of these instances.");
        }
        if (_badLabels > 0)
            channel.Warning($"Found {_badLabels} test instances with labels that are either negative or non integers. These instances were ignored");
        if (_badScores > 0)
            channel.Warning($"Found {_badScores} test instances with scores that are not finite. These instances were ignored");
    }

    private MulticlassClassificationMetrics ToMetrics(IHost host, List<ReadOnlyMemory<char>> names, int topK)
    {
        double PartOf(double part, double whole) => whole > 0 ? part / whole : 0;
        double logLoss = PartOf(_totalLogLoss, _totalRows);
        double entropy = _rows.Where(rows => rows != 0).Sum(rows => rows * Math.Log(rows / _totalRows)) / -_totalRows;
        int[] present = [.. Enumerable.Range(0, _classes).Where(i => _rows[i] > 0)];
        double[] recall = [.. _counts.Select((row, i) => PartOf(row[i], row.Sum()))];
        double[] precision = [.. Enumerable.Range(0, _classes).Select(i => PartOf(_counts[i][i], _counts.Sum(row => row[i])))];

        // Without rows these are NaN.
        var topKAccuracies = new double[Math.Min(topK, _classes)];
        double within = 0;
        for (int k = 0; k < topKAccuracies.Length; k++)
            topKAccuracies[k] = within += _rankCounts[k] / _totalRows;

        return new MulticlassClassificationMetrics(
            PartOf(_correct, _totalRows),
            present.Length > 0 ? present.Average(i => recall[i]) : 0,
            logLoss,
            (entropy - logLoss) / entropy,
            topK,
            topK > 0 ? topKAccuracies : null,
            [.. _logLoss.Select((loss, i) => PartOf(loss, _rows[i]))],
            new ConfusionMatrix(host, precision, recall, _counts, names, isSampled: false, isBinary: false));
    }
}
