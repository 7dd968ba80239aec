using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A cursor over batches of rows that someone else fills.</summary>
internal abstract class RowBatchCursor : RootCursorBase
{
    private readonly DataViewSchema _schema;
    private readonly bool[] _active;
    private readonly Delegate[] _getters;
    private RowBatch _batch;
    private int _row;

    protected RowBatchCursor(IChannelProvider provider, DataViewSchema schema, bool[] active)
        : base(provider)
    {
        _schema = schema;
        _active = active;
        _getters = new Delegate[schema.Count];
    }

    public sealed override DataViewSchema Schema => _schema;

    public override long Batch => _batch?.Number ?? 0;

    public sealed override bool IsColumnActive(DataViewSchema.Column column) => ActiveColumns.IsActive(_active, column);

    public sealed override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Ch.CheckParam(IsColumnActive(column), nameof(column), "requested column not active");
        _getters[column.Index] ??= RowBatch.MakeGetter(_schema[column.Index], Current, () => _row);
        return GetterCast.To<TValue>(_getters[column.Index], Ch);
    }

    public sealed override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = Current().Id(_row);

    /// <summary>The next batch, which has rows, or null if there is none; the one before is given back.</summary>
    protected abstract RowBatch NextBatch(RowBatch finished);

    protected sealed override bool MoveNextCore()
    {
        if (_batch != null && ++_row < _batch.Count)
            return true;
        _batch = NextBatch(_batch);
        _row = 0;
        return _batch != null;
    }

    private RowBatch Current() => IsGood ? _batch : throw Ch.Except(GetterCast.NoCurrentRow);
}
