using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A data view of a given schema without rows.</summary>
[BestFriend]
internal sealed class EmptyDataView : IDataView
{
    private readonly IHost _host;

    /// <summary>Makes an empty view.</summary>
    public EmptyDataView(IHostEnvironment env, DataViewSchema schema)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(EmptyDataView));
        _host.CheckValue(schema, nameof(schema));
        Schema = schema;
    }

    /// <inheritdoc/>
    public bool CanShuffle => true;

    /// <inheritdoc/>
    public DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public long? GetRowCount() => 0;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) =>
        new Cursor(_host, Schema, ActiveColumns.Of(Schema, columnsNeeded));

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(IChannelProvider provider, DataViewSchema schema, bool[] active) : RootCursorBase(provider)
    {
        public override DataViewSchema Schema => schema;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => ActiveColumns.IsActive(active, column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => throw Ch.Except(GetterCast.NoCurrentRow);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Ch.CheckParam(IsColumnActive(column), nameof(column), "requested column not active");
            Ch.Check(column.Type.RawType == typeof(TValue), $"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{column.Type.RawType}'.");
            return (ref TValue value) => throw Ch.Except(GetterCast.NoCurrentRow);
        }

        protected override bool MoveNextCore() => false;
    }
}
