namespace Microsoft.ML.Data;

/// <summary>Adds annotations of well-known kinds.</summary>
[BestFriend]
internal static class AnnotationBuilderExtensions
{
    /// <summary>Adds names of <paramref name="size"/> slots.</summary>
    public static void AddSlotNames(this DataViewSchema.Annotations.Builder builder, int size, ValueGetter<VBuffer<ReadOnlyMemory<char>>> getter) =>
        builder.Add(AnnotationUtils.Kinds.SlotNames, AnnotationUtils.GetNamesType(size), getter);

    /// <summary>Adds the values of <paramref name="size"/> keys.</summary>
    public static void AddKeyValues<TValue>(
        this DataViewSchema.Annotations.Builder builder, int size, PrimitiveDataViewType valueType, ValueGetter<VBuffer<TValue>> getter) =>
        builder.Add(AnnotationUtils.Kinds.KeyValues, new VectorDataViewType(valueType, size), getter);
}
