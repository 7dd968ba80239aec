using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Reads annotations of well-known kinds.</summary>
public static class SchemaAnnotationsExtensions
{
    /// <summary>Whether the values of the column are known to be normalized.</summary>
    public static bool IsNormalized(this DataViewSchema.Column column)
    {
        if (column.Annotations?.Schema.GetColumnOrNull(AnnotationUtils.Kinds.IsNormalized)?.Type is not BooleanDataViewType)
            return false;
        bool value = false;
        column.Annotations.GetValue(AnnotationUtils.Kinds.IsNormalized, ref value);
        return value;
    }

    /// <summary>Whether there is a name for each slot of the column's vectors.</summary>
    public static bool HasSlotNames(this DataViewSchema.Column column) => column.HasSlotNames(column.Type.GetVectorSize());

    /// <summary>The name of each slot of the column's vectors.</summary>
    public static void GetSlotNames(this DataViewSchema.Column column, ref VBuffer<ReadOnlyMemory<char>> slotNames) =>
        column.Annotations.GetValue(AnnotationUtils.Kinds.SlotNames, ref slotNames);

    /// <summary>Whether there is a value for each key of the column, of the given type, by default text.</summary>
    public static bool HasKeyValues(this DataViewSchema.Column column, PrimitiveDataViewType keyValueItemType = null)
    {
        ulong count = column.Type.GetItemType().GetKeyCount();
        return count > 0
            && count <= int.MaxValue
            && column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type is VectorDataViewType values
            && values.Size == (int)count
            && values.ItemType.Equals(keyValueItemType ?? TextDataViewType.Instance);
    }

    /// <summary>The value of each key of the column.</summary>
    public static void GetKeyValues<TValue>(this DataViewSchema.Column column, ref VBuffer<TValue> keyValues) =>
        column.Annotations.GetValue(AnnotationUtils.Kinds.KeyValues, ref keyValues);
}
