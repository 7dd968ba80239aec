using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZipIt.MLNet.Friend;

namespace ZipIt.MLNet;

/// <summary>Compares the columns of a zipped model with true classes.</summary>
internal sealed class ZipEvaluator(IHostEnvironment env)
{
    private readonly IHost _host = env.Register(nameof(ZipEvaluator));

    public ZipMetrics Evaluate(IDataView data, string labelColumnName, string prefix)
    {
        CheckArgument(data, nameof(data));
        CheckArgument(labelColumnName, nameof(labelColumnName));
        CheckArgument(prefix, nameof(prefix));
        DataViewSchema.Column label = Find(data.Schema, "label", labelColumnName);
        (DataViewSchema.Column joint, string[] labels) = FindScores(data.Schema, prefix + OutputColumns.Score);
        Task[] tasks = FindTasks(data.Schema, prefix, joint, labels);

        var counts = CreateCounts(labels.Length);
        using DataViewRowCursor cursor = data.GetRowCursor([label, joint, .. tasks.Select(task => task.Column)]);
        Func<int> readLabel = CreateLabelReader(cursor, label, labels);
        ValueGetter<VBuffer<float>> readJoint = cursor.GetGetter<VBuffer<float>>(joint);
        ValueGetter<VBuffer<float>>[] readTask = [.. tasks.Select(task => cursor.GetGetter<VBuffer<float>>(task.Column))];
        VBuffer<float> scores = default;
        long rows = 0;
        while (cursor.MoveNext())
        {
            int actual = readLabel();
            if (actual < 0)
                continue;
            readJoint(ref scores);
            if (FindLargest(scores) is not { } predicted)
                continue;
            rows++;
            counts[actual][predicted]++;
            for (int t = 0; t < tasks.Length; t++)
            {
                if (tasks[t].ClassOf[actual] is not { } expected)
                    continue;
                readTask[t](ref scores);
                if (FindLargest(scores) is { } own)
                    tasks[t].Counts[expected][own]++;
            }
        }

        if (rows == 0)
            throw _host.Process(new InvalidOperationException($"No row has a class of one of the tasks in column '{labelColumnName}'; the classes are {string.Join(", ", labels)}."));
        return new ZipMetrics(rows, Accuracy(counts), ConfusionMatrices.Create(_host, counts, labels), [.. tasks.Select(ToMetrics)]);
    }

    private ZipTaskMetrics ToMetrics(Task task) =>
        new(task.Name, task.Labels, (long)Total(task.Counts), Accuracy(task.Counts), ConfusionMatrices.Create(_host, task.Counts, task.Labels));

    private static double Total(double[][] counts) => counts.Sum(row => row.Sum());

    private static double Accuracy(double[][] counts) => counts.Select((row, c) => row[c]).Sum() / Total(counts);

    private static double[][] CreateCounts(int classes) => [.. Enumerable.Range(0, classes).Select(_ => new double[classes])];

    /// <summary>The first largest score; null if there is none because the scores are missing.</summary>
    private static int? FindLargest(in VBuffer<float> scores)
    {
        int best = -1;
        float largest = float.NegativeInfinity;
        int index = 0;
        foreach (float score in scores.DenseValues())
        {
            if (score > largest)
                (best, largest) = (index, score);
            index++;
        }

        return best < 0 ? null : best;
    }

    /// <summary>
    /// The columns <c>&lt;Task&gt;.Score</c> whose labels, one after the other and each once, are those of the joint scores. A column that brings no new label
    /// is one of them if the model has numbered it as one, and no copy.
    /// </summary>
    private Task[] FindTasks(DataViewSchema schema, string prefix, DataViewSchema.Column joint, string[] labels)
    {
        const string Suffix = "." + OutputColumns.Score;
        var tasks = new List<Task>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        var ids = new HashSet<uint> { OutputColumns.FindSetId(joint) };
        foreach (DataViewSchema.Column column in schema)
        {
            if (column.IsHidden || column.Index <= joint.Index
                || !column.Name.StartsWith(prefix, StringComparison.Ordinal) || !column.Name.EndsWith(Suffix, StringComparison.Ordinal)
                || column.Name.Length <= prefix.Length + Suffix.Length)
            {
                continue;
            }

            bool isComplete = known.Count == labels.Length;
            uint id = OutputColumns.FindSetId(column);
            if (isComplete && (id == 0 || ids.Contains(id)))
                continue;
            string[] own = FindScores(schema, column.Name).Labels;
            string[] added = [.. own.Where(label => !known.Contains(label))];
            if (!added.AsSpan().SequenceEqual(labels.AsSpan(known.Count, Math.Min(added.Length, labels.Length - known.Count)))
                || (added.Length == 0 && (id == 0 || ids.Contains(id))))
                continue;
            known.UnionWith(added);
            ids.Add(id);
            int?[] classOf = [.. labels.Select(label => Array.IndexOf(own, label) is >= 0 and var position ? position : (int?)null)];
            tasks.Add(new Task(column.Name[prefix.Length..^Suffix.Length], column, own, classOf, CreateCounts(own.Length)));
        }

        if (known.Count != labels.Length)
        {
            throw _host.Process(new ArgumentOutOfRangeException(
                nameof(schema), $"The columns '{prefix}<Task>{Suffix}' do not hold the classes of '{joint.Name}'; these are the columns of no zipped model."));
        }

        return [.. tasks];
    }

    private (DataViewSchema.Column Column, string[] Labels) FindScores(DataViewSchema schema, string name)
    {
        DataViewSchema.Column column = Find(schema, "score", name);
        if (column.Type is not VectorDataViewType { IsKnownSize: true } vector || vector.ItemType != NumberDataViewType.Single)
            throw Mismatch("score", name, "known-size vector of Single", column.Type);
        if (LabelOrder.ReadTexts(column, OutputColumns.SlotNames) is not { } labels || labels.Length != vector.Size)
            throw Mismatch("score", name, "known-size vector of Single with slot names", column.Type);
        return (column, labels);
    }

    /// <summary>Reads the true class of the present row: its index among the classes of all tasks, −1 if it is none of them.</summary>
    private Func<int> CreateLabelReader(DataViewRowCursor cursor, DataViewSchema.Column column, string[] labels)
    {
        Dictionary<string, int> indexOf = labels.Select((label, index) => (label, index))
            .ToDictionary(pair => pair.label, pair => pair.index, StringComparer.Ordinal);
        switch (column.Type)
        {
            case TextDataViewType:
                ValueGetter<ReadOnlyMemory<char>> readText = cursor.GetGetter<ReadOnlyMemory<char>>(column);
                ReadOnlyMemory<char> text = default;
                return () =>
                {
                    readText(ref text);
                    return indexOf.GetValueOrDefault(text.ToString(), -1);
                };
            case KeyDataViewType key when key.RawType == typeof(uint):
                int[] classOf = [.. LabelOrder.ReadTexts(column, OutputColumns.KeyValues)?.Select(value => indexOf.GetValueOrDefault(value, -1))
                    ?? Enumerable.Range(0, labels.Length)];
                ValueGetter<uint> readKey = cursor.GetGetter<uint>(column);
                uint number = 0;
                return () =>
                {
                    readKey(ref number);
                    return number >= 1 && number <= classOf.Length ? classOf[number - 1] : -1;
                };
            default:
                throw Mismatch("label", column.Name, "text or key of UInt32", column.Type);
        }
    }

    private DataViewSchema.Column Find(DataViewSchema schema, string role, string name) => schema.GetColumnOrNull(name)
        ?? throw _host.Process(new ArgumentOutOfRangeException(nameof(schema), $"Could not find {role} column '{name}'"));

    private ArgumentOutOfRangeException Mismatch(string role, string name, string expected, DataViewType found) =>
        _host.Process(new ArgumentOutOfRangeException("schema", $"Schema mismatch for {role} column '{name}': expected {expected}, got {found}"));

    private void CheckArgument(object value, string name)
    {
        if (value is null)
            throw _host.Process(new ArgumentNullException(name));
    }

    private sealed record Task(string Name, DataViewSchema.Column Column, IReadOnlyList<string> Labels, int?[] ClassOf, double[][] Counts);
}
