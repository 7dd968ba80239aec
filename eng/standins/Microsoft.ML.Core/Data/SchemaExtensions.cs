namespace Microsoft.ML.Data;

/// <summary>Small services around schemas.</summary>
[BestFriend]
internal static class SchemaExtensions
{
    /// <summary>A schema of the given columns.</summary>
    public static DataViewSchema MakeSchema(IEnumerable<DataViewSchema.DetachedColumn> columns)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(columns);
        return builder.ToSchema();
    }

    /// <summary>The index of the visible column of that name.</summary>
    public static bool TryGetColumnIndex(this DataViewSchema schema, string name, out int col)
    {
        col = schema.GetColumnOrNull(name)?.Index ?? -1;
        return col >= 0;
    }
}
