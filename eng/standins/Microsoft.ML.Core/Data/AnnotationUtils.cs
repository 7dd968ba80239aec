using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The kinds of annotations that ML.NET knows, and services around them.</summary>
[BestFriend]
internal static class AnnotationUtils
{
    /// <summary>Values of annotations.</summary>
    public static class Const
    {
        /// <summary>What kind of task a score column serves.</summary>
        public static class ScoreColumnKind
        {
            /// <summary>Multiclass classification.</summary>
            public const string MulticlassClassification = "MulticlassClassification";

            /// <summary>Binary classification.</summary>
            public const string BinaryClassification = "BinaryClassification";

            /// <summary>Regression.</summary>
            public const string Regression = "Regression";
        }

        /// <summary>What a column of a score set holds.</summary>
        public static class ScoreValueKind
        {
            /// <summary>Scores.</summary>
            public const string Score = "Score";

            /// <summary>The predicted label.</summary>
            public const string PredictedLabel = "PredictedLabel";

            /// <summary>A probability.</summary>
            public const string Probability = "Probability";
        }
    }

    /// <summary>The names of annotations.</summary>
    public static class Kinds
    {
        /// <summary>The names of a vector's slots: a vector of text.</summary>
        public const string SlotNames = "SlotNames";

        /// <summary>The values of a key: a vector of any primitive type.</summary>
        public const string KeyValues = "KeyValues";

        /// <summary>Which task a score column serves: text.</summary>
        public const string ScoreColumnKind = "ScoreColumnKind";

        /// <summary>What a score column holds: text.</summary>
        public const string ScoreValueKind = "ScoreValueKind";

        /// <summary>Which columns were scored together: a key.</summary>
        public const string ScoreColumnSetId = "ScoreColumnSetId";

        /// <summary>Whether the values are normalized: a truth value.</summary>
        public const string IsNormalized = "IsNormalized";

        /// <summary>Whether users should see the column: a truth value.</summary>
        public const string IsUserVisible = "IsUserVisible";

        /// <summary>Which slots are categories: a vector of integers, two per range.</summary>
        public const string CategoricalSlotRanges = "CategoricalSlotRanges";

        /// <summary>The key values of the label that a score was trained for.</summary>
        public const string TrainingLabelValues = "TrainingLabelValues";
    }

    /// <summary>Reads an annotation of the column at index <paramref name="col"/>.</summary>
    public delegate void AnnotationGetter<TValue>(int col, ref TValue dst);

    /// <summary>The type of <see cref="Kinds.ScoreColumnSetId"/>.</summary>
    public static KeyDataViewType ScoreColumnSetIdType { get; } = new(typeof(uint), int.MaxValue);

    /// <summary>The type of names of <paramref name="size"/> slots or keys.</summary>
    public static VectorDataViewType GetNamesType(int size) => new(TextDataViewType.Instance, size);

    /// <summary>The largest value of an annotation of key type over all columns that pass the filter, 0 if there is none, and the column that has it.</summary>
    public static uint GetMaxAnnotationKind(
        this DataViewSchema schema, out int colMax, string annotationKind, Func<DataViewSchema, int, bool> filterFunc = null)
    {
        uint largest = 0;
        colMax = -1;
        foreach (DataViewSchema.Column column in schema)
        {
            DataViewSchema.Column? annotation = column.Annotations.Schema.GetColumnOrNull(annotationKind);
            if (annotation?.Type is not KeyDataViewType { RawType: var rawType } || rawType != typeof(uint))
                continue;
            if (filterFunc != null && !filterFunc(schema, column.Index))
                continue;
            uint value = 0;
            column.Annotations.GetValue(annotationKind, ref value);
            if (value > largest)
            {
                largest = value;
                colMax = column.Index;
            }
        }
        return largest;
    }

    /// <summary>The columns whose annotation of key type has that value.</summary>
    public static IEnumerable<int> GetColumnSet(this DataViewSchema schema, string annotationKind, uint value)
    {
        foreach (DataViewSchema.Column column in schema)
        {
            if (column.Annotations.Schema.GetColumnOrNull(annotationKind)?.Type is not KeyDataViewType { RawType: var rawType } || rawType != typeof(uint))
                continue;
            uint found = 0;
            column.Annotations.GetValue(annotationKind, ref found);
            if (found == value)
                yield return column.Index;
        }
    }

    /// <summary>Whether the column has names for exactly <paramref name="vectorSize"/> slots.</summary>
    public static bool HasSlotNames(this DataViewSchema.Column column, int vectorSize) =>
        vectorSize > 0
        && column.Annotations.Schema.GetColumnOrNull(Kinds.SlotNames)?.Type is VectorDataViewType names
        && names.Size == vectorSize
        && names.ItemType is TextDataViewType;

    /// <summary>Whether the column will have slot names.</summary>
    public static bool HasSlotNames(this SchemaShape.Column col) =>
        col.Annotations.TryFindColumn(Kinds.SlotNames, out SchemaShape.Column names)
        && names.Kind == SchemaShape.Column.VectorKind.Vector
        && names.ItemType is TextDataViewType;

    /// <summary>Whether the column will be normalized.</summary>
    public static bool IsNormalized(this SchemaShape.Column column) =>
        column.Annotations.TryFindColumn(Kinds.IsNormalized, out SchemaShape.Column flag)
        && flag.Kind == SchemaShape.Column.VectorKind.Scalar
        && flag.ItemType is BooleanDataViewType;

    /// <summary>The annotations that every column of a score set has, and whether it is normalized.</summary>
    public static IEnumerable<SchemaShape.Column> GetTrainerOutputAnnotation(bool isNormalized = false)
    {
        const SchemaShape.Column.VectorKind Scalar = SchemaShape.Column.VectorKind.Scalar;
        yield return new SchemaShape.Column(Kinds.ScoreColumnSetId, Scalar, NumberDataViewType.UInt32, true);
        yield return new SchemaShape.Column(Kinds.ScoreColumnKind, Scalar, TextDataViewType.Instance, false);
        yield return new SchemaShape.Column(Kinds.ScoreValueKind, Scalar, TextDataViewType.Instance, false);
        if (isNormalized)
            yield return new SchemaShape.Column(Kinds.IsNormalized, Scalar, BooleanDataViewType.Instance, false);
    }

    /// <summary>An exception for an annotation that is not there or not of the type asked for.</summary>
    public static Exception ExceptGetAnnotation() => Contracts.Except("Invalid call to GetAnnotation");

    /// <inheritdoc cref="ExceptGetAnnotation()"/>
    public static Exception ExceptGetAnnotation(this IExceptionContext ctx) => ctx.Except("Invalid call to GetAnnotation");
}
