using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Merging;

namespace ZipIt.MLNet;

/// <summary>
/// The columns that a zipped model adds: predicted label and scores over the classes of all tasks, then the same for each task. They carry the annotations that
/// ML.NET's multiclass trainers give theirs.
/// </summary>
internal sealed class OutputColumns
{
    public const string PredictedLabel = "PredictedLabel";
    public const string Score = "Score";
    public const string KeyValues = "KeyValues";
    public const string SlotNames = "SlotNames";
    public const string TrainingLabelValues = "TrainingLabelValues";
    public const string ScoreColumnKind = "ScoreColumnKind";
    public const string ScoreValueKind = "ScoreValueKind";
    public const string ScoreColumnSetId = "ScoreColumnSetId";
    public const string MulticlassClassification = "MulticlassClassification";

    /// <summary>Names the columns.</summary>
    /// <param name="prefix">What every name begins with.</param>
    /// <param name="tasks">The tasks, in the order of their classes; a class that several know counts once.</param>
    public OutputColumns(string prefix, IReadOnlyList<ClassificationTask> tasks)
    {
        var groups = new List<Group> { new(prefix, [.. tasks.SelectMany(task => task.Labels).Distinct(StringComparer.Ordinal)], 0, true) };
        int offset = 0;
        foreach (ClassificationTask task in tasks)
        {
            groups.Add(new Group($"{prefix}{task.Name}.", [.. task.Labels], offset, false));
            offset += task.Labels.Count;
        }

        Groups = groups;
    }

    /// <summary>All tasks together, then each task: two columns each, label and scores.</summary>
    public IReadOnlyList<Group> Groups { get; }

    /// <summary>Number of added columns.</summary>
    public int Count => 2 * Groups.Count;

    /// <summary>The input's columns and the added ones.</summary>
    public DataViewSchema AddTo(DataViewSchema input)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        uint setId = FindLargestSetId(input);
        foreach (Group group in Groups)
        {
            setId++;
            builder.AddColumn(group.LabelColumn, group.LabelType, group.AnnotateLabel(setId));
            builder.AddColumn(group.ScoreColumn, group.ScoreType, group.AnnotateScore(setId));
        }

        return builder.ToSchema();
    }

    /// <summary>A getter of one of the added columns.</summary>
    /// <param name="column">Index among the added columns.</param>
    /// <param name="images">The images.</param>
    /// <param name="current">Index of the present image; scores it if need be.</param>
    public Delegate CreateGetter(int column, ScoredImages images, Func<int> current)
    {
        Group group = Groups[column / 2];
        return column % 2 == 0 ? group.CreateLabelGetter(images, current) : group.CreateScoreGetter(images, current);
    }

    /// <summary>The number that a label column and its score column have in common; 0 if there is none.</summary>
    public static uint FindSetId(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(ScoreColumnSetId) is not { Type: KeyDataViewType type } || type.RawType != typeof(uint))
            return 0;
        uint value = 0;
        column.Annotations.GetValue(ScoreColumnSetId, ref value);
        return value;
    }

    private static uint FindLargestSetId(DataViewSchema schema) => schema.Select(FindSetId).DefaultIfEmpty().Max();

    /// <summary>The label and the score column of some classes.</summary>
    public sealed class Group
    {
        private readonly VBuffer<ReadOnlyMemory<char>> _labels;
        private readonly bool _isJoint;
        private readonly int _firstClass;

        public Group(string prefix, IReadOnlyList<string> labels, int firstClass, bool isJoint)
        {
            LabelColumn = prefix + PredictedLabel;
            ScoreColumn = prefix + Score;
            LabelType = new KeyDataViewType(typeof(uint), labels.Count);
            ScoreType = new VectorDataViewType(NumberDataViewType.Single, labels.Count);
            Labels = labels;
            _labels = new VBuffer<ReadOnlyMemory<char>>(labels.Count, [.. labels.Select(label => label.AsMemory())]);
            (_firstClass, _isJoint) = (firstClass, isJoint);
        }

        public IReadOnlyList<string> Labels { get; }

        public string LabelColumn { get; }

        public string ScoreColumn { get; }

        public DataViewType LabelType { get; }

        public DataViewType ScoreType { get; }

        public DataViewSchema.Annotations AnnotateLabel(uint setId)
        {
            DataViewSchema.Annotations.Builder builder = Annotate(setId, PredictedLabel);
            AddLabels(builder, KeyValues);
            return builder.ToAnnotations();
        }

        public DataViewSchema.Annotations AnnotateScore(uint setId)
        {
            DataViewSchema.Annotations.Builder builder = Annotate(setId, Score);
            AddLabels(builder, SlotNames);
            AddLabels(builder, TrainingLabelValues);
            return builder.ToAnnotations();
        }

        public Delegate CreateScoreGetter(ScoredImages images, Func<int> current)
        {
            ValueGetter<VBuffer<float>> getter = (ref VBuffer<float> value) =>
            {
                VBufferEditor<float> editor = VBufferEditor.Create(ref value, _labels.Length);
                ScoresOf(images, current()).CopyTo(editor.Values);
                value = editor.Commit();
            };
            return getter;
        }

        /// <summary>Keys count from 1; 0 is missing. Of equal scores the first wins, as in ML.NET's evaluator.</summary>
        public Delegate CreateLabelGetter(ScoredImages images, Func<int> current)
        {
            ValueGetter<uint> getter = (ref uint value) =>
            {
                ReadOnlySpan<float> scores = ScoresOf(images, current());
                int best = 0;
                for (int c = 1; c < scores.Length; c++)
                {
                    if (scores[c] > scores[best])
                        best = c;
                }

                value = float.IsNaN(scores[best]) ? 0 : (uint)best + 1;
            };
            return getter;
        }

        private ReadOnlySpan<float> ScoresOf(ScoredImages images, int image) =>
            (_isJoint ? images.Joint(image) : images.PerTask(image)).Slice(_firstClass, _labels.Length);

        private static DataViewSchema.Annotations.Builder Annotate(uint setId, string valueKind)
        {
            var builder = new DataViewSchema.Annotations.Builder();
            builder.AddPrimitiveValue(ScoreColumnSetId, new KeyDataViewType(typeof(uint), int.MaxValue), setId);
            builder.AddPrimitiveValue(ScoreColumnKind, TextDataViewType.Instance, MulticlassClassification.AsMemory());
            builder.AddPrimitiveValue(ScoreValueKind, TextDataViewType.Instance, valueKind.AsMemory());
            return builder;
        }

        private void AddLabels(DataViewSchema.Annotations.Builder builder, string kind)
        {
            ValueGetter<VBuffer<ReadOnlyMemory<char>>> getter = (ref VBuffer<ReadOnlyMemory<char>> value) => _labels.CopyTo(ref value);
            builder.Add(kind, new VectorDataViewType(TextDataViewType.Instance, _labels.Length), getter);
        }
    }
}
