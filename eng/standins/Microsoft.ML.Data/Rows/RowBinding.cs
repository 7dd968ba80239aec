using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The columns that objects of class <typeparamref name="TRow"/> make up.</summary>
internal sealed class RowBinding<TRow>
    where TRow : class
{
    public RowBinding(SchemaDefinition definition)
    {
        definition ??= SchemaDefinition.Create(typeof(TRow), SchemaDefinition.Direction.Read);
        var builder = new DataViewSchema.Builder();
        foreach (SchemaDefinition.Column column in definition)
            builder.AddColumn(column.ColumnName, column.ColumnType, column.Annotations);
        Schema = builder.ToSchema();
        Columns = [.. definition.Select(column => MemberColumn<TRow>.Create(column, column.ColumnType, isRead: true))];
    }

    /// <summary>The schema of the columns.</summary>
    public DataViewSchema Schema { get; }

    /// <summary>The member of each column.</summary>
    public MemberColumn<TRow>[] Columns { get; }

    /// <summary>A definition in which the columns have the types and annotations of a given schema.</summary>
    public static SchemaDefinition DefinitionFor(DataViewSchema schema)
    {
        SchemaDefinition definition = SchemaDefinition.Create(typeof(TRow), SchemaDefinition.Direction.Read);
        foreach (DataViewSchema.Column column in schema)
        {
            SchemaDefinition.Column defined = definition[column.Name] ?? throw Contracts.Except($"Type should contain a member named {column.Name}");
            defined.ColumnType = column.Type;
            foreach (DataViewSchema.Column annotation in column.Annotations.Schema)
                Generic.Method(typeof(RowBinding<TRow>), nameof(CopyAnnotation), annotation.Type.RawType).Invoke(null, column.Annotations, annotation, defined);
        }
        return definition;
    }

    /// <summary>The actions that fill an object of the class from the columns of a row.</summary>
    public static Action<TRow>[] MakeSetters(DataViewRow source, SchemaDefinition definition, bool ignoreMissingColumns) =>
        [.. Bound(source.Schema, definition, ignoreMissingColumns).Select(bound => bound.Member.MakeSetter(source, bound.Column))];

    /// <summary>The columns of a schema that members of the class are to receive, and the members.</summary>
    public static IEnumerable<(MemberColumn<TRow> Member, DataViewSchema.Column Column)> Bound(
        DataViewSchema schema, SchemaDefinition definition, bool ignoreMissingColumns)
    {
        definition ??= SchemaDefinition.Create(typeof(TRow), SchemaDefinition.Direction.Write);
        foreach (SchemaDefinition.Column defined in definition)
        {
            if (schema.GetColumnOrNull(defined.ColumnName) is { } column)
                yield return (MemberColumn<TRow>.Create(defined, column.Type, isRead: false), column);
            else
                Contracts.Check(ignoreMissingColumns, $"Column '{defined.ColumnName}' not found in the data view");
        }
    }

    private static void CopyAnnotation<T>(DataViewSchema.Annotations annotations, DataViewSchema.Column annotation, SchemaDefinition.Column defined)
    {
        T value = default;
        annotations.GetGetter<T>(annotation)(ref value);
        defined.AddAnnotation(annotation.Name, value, annotation.Type);
    }
}
