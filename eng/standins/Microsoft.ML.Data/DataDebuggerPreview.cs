using System.Collections.Immutable;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The first rows of a data view, read at once, to be looked at in a debugger.</summary>
public sealed class DataDebuggerPreview
{
    internal DataDebuggerPreview(IDataView data, int maxRows)
    {
        Contracts.CheckValue(data, nameof(data));
        Contracts.CheckParam(maxRows >= 0, nameof(maxRows));
        Schema = data.Schema;
        var rows = new List<object[]>();
        using (DataViewRowCursor cursor = data.GetRowCursor(data.Schema))
        {
            Func<object>[] readers = [.. data.Schema.Select(column => MakeReader(cursor, column))];
            while (rows.Count < maxRows && cursor.MoveNext())
                rows.Add([.. readers.Select(read => read())]);
        }
        RowView = [.. rows.Select(values => new RowInfo([.. Schema.Select((column, i) => KeyValuePair.Create(column.Name, values[i]))]))];
        ColumnView = [.. Schema.Select((column, i) => new ColumnInfo(column, [.. rows.Select(values => values[i])]))];
    }

    /// <summary>The columns of the view.</summary>
    public DataViewSchema Schema { get; }

    /// <summary>The values column by column.</summary>
    public ImmutableArray<ColumnInfo> ColumnView { get; }

    /// <summary>The values row by row.</summary>
    public ImmutableArray<RowInfo> RowView { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Schema.Count} columns, {RowView.Length} rows";

    private static Func<object> MakeReader(DataViewRow row, DataViewSchema.Column column) =>
        (Func<object>)Generic.Method(typeof(DataDebuggerPreview), nameof(MakeTypedReader), column.Type.RawType).Invoke(null, row, column);

    private static Func<object> MakeTypedReader<T>(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<T> getter = row.GetGetter<T>(column);
        return () =>
        {
            T value = default;
            getter(ref value);
            return value;
        };
    }

    /// <summary>The values of one column.</summary>
    public sealed class ColumnInfo
    {
        internal ColumnInfo(DataViewSchema.Column column, object[] values)
        {
            Column = column;
            Values = values;
        }

        /// <summary>The column.</summary>
        public DataViewSchema.Column Column { get; }

        /// <summary>Its values.</summary>
        public object[] Values { get; }

        /// <inheritdoc/>
        public override string ToString() => $"{Column.Name}: {Column.Type}";
    }

    /// <summary>The values of one row.</summary>
    public sealed class RowInfo
    {
        internal RowInfo(KeyValuePair<string, object>[] values)
        {
            Values = values;
        }

        /// <summary>The name of each column and its value.</summary>
        public KeyValuePair<string, object>[] Values { get; }

        /// <inheritdoc/>
        public override string ToString() => $"{Values.Length} columns";
    }
}
