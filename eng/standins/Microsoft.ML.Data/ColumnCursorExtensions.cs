using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Reads single columns.</summary>
public static class ColumnCursorExtensions
{
    /// <summary>The values of a column; text may be asked for as string, vectors as arrays.</summary>
    public static IEnumerable<T> GetColumn<T>(this IDataView data, string columnName)
    {
        Contracts.CheckValue(data, nameof(data));
        Contracts.CheckNonEmpty(columnName, nameof(columnName));
        return data.GetColumn<T>(
            data.Schema.GetColumnOrNull(columnName) ?? throw Contracts.ExceptSchemaMismatch(nameof(columnName), "input", columnName));
    }

    /// <summary>The values of a column; text may be asked for as string, vectors as arrays.</summary>
    public static IEnumerable<T> GetColumn<T>(this IDataView data, DataViewSchema.Column column)
    {
        Contracts.CheckValue(data, nameof(data));
        IMemberConverter converter = MemberConverter.CreateOrNull(typeof(T), column.Type, zeroBasedKeys: false)
            ?? throw Contracts.ExceptParam(nameof(column), $"Could not map a data view column '{column.Name}' of type {column.Type} to {typeof(T)}.");
        return (IEnumerable<T>)Generic.Method(typeof(ColumnCursorExtensions), nameof(Read), typeof(T), column.Type.RawType).Invoke(null, data, column, converter);
    }

    private static IEnumerable<T> Read<T, TRaw>(IDataView data, DataViewSchema.Column column, MemberConverter<T, TRaw> converter)
    {
        using DataViewRowCursor cursor = data.GetRowCursor([column]);
        ValueGetter<TRaw> getter = cursor.GetGetter<TRaw>(column);
        TRaw raw = default;
        while (cursor.MoveNext())
        {
            getter(ref raw);

            // Each value stands alone: nothing of it is used again for the next.
            T value = default;
            converter.FromRaw(in raw, ref value);
            yield return value;
        }
    }
}
