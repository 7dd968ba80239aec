using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A copy in memory of the columns of a view, each read when first needed. Columns that cannot be copied are left out.</summary>
[BestFriend]
internal sealed class CacheDataView : IDataView
{
    private const int RowsPerBatch = 256;

    private readonly IHost _host;
    private readonly IDataView _input;
    private readonly int[] _inputIndices;
    private readonly Lock _lock = new();
    private Snapshot _snapshot;

    /// <summary>Caches a view and reads the columns with the given indices at once.</summary>
    public CacheDataView(IHostEnvironment env, IDataView input, int[] prefetch)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register("Cache");
        _host.CheckValue(input, nameof(input));
        _input = input;
        _inputIndices = [.. input.Schema.Where(column => column.Type.IsCacheable()).Select(column => column.Index)];
        Schema = SchemaExtensions.MakeSchema(_inputIndices.Select(index => new DataViewSchema.DetachedColumn(input.Schema[index])));
        if (prefetch is { Length: > 0 })
            Ensure([.. _inputIndices.Select(prefetch.Contains)]);
    }

    /// <inheritdoc/>
    public bool CanShuffle => true;

    /// <inheritdoc/>
    public DataViewSchema Schema { get; }

    /// <summary>The column of the cache that holds a column of the input, -1 if none does.</summary>
    public int MapInputToCacheColumnIndex(int inputIndex) => Array.IndexOf(_inputIndices, inputIndex);

    /// <inheritdoc/>
    public long? GetRowCount()
    {
        lock (_lock)
            return _snapshot?.Count ?? _input.GetRowCount();
    }

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        bool[] active = ActiveColumns.Of(Schema, columnsNeeded);
        Snapshot snapshot = Ensure(active);
        return new Cursor(_host, this, snapshot, active, rand);
    }

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    // Reads what is needed and not there yet together with what was there: a cursor keeps the snapshot that it was opened on.
    private Snapshot Ensure(bool[] wanted)
    {
        lock (_lock)
        {
            if (_snapshot != null && !wanted.Where((want, i) => want && !_snapshot.Columns[i]).Any())
                return _snapshot;
            bool[] columns = [.. wanted.Select((want, i) => want || _snapshot?.Columns[i] == true)];
            var batches = new List<RowBatch>();
            var needed = _inputIndices.Where((_, i) => columns[i]).Select(index => _input.Schema[index]);
            using (DataViewRowCursor cursor = _input.GetRowCursor(needed))
            {
                var reader = new RowBatch.Reader(cursor, RowsPerBatch);
                while (cursor.MoveNext())
                {
                    if (batches.Count == 0 || reader.IsFull(batches[^1]))
                        batches.Add(reader.NewBatch());
                    reader.Append(batches[^1]);
                }
            }
            return _snapshot = new Snapshot(columns, [.. batches]);
        }
    }

    private sealed record Snapshot(bool[] Columns, RowBatch[] Batches)
    {
        public int Count => Batches.Sum(batch => batch.Count);
    }

    private sealed class Cursor : RootCursorBase
    {
        private readonly CacheDataView _parent;
        private readonly Snapshot _snapshot;
        private readonly bool[] _active;
        private readonly int _count;
        private readonly int[] _order;
        private int _next;
        private int _current;

        public Cursor(IChannelProvider provider, CacheDataView parent, Snapshot snapshot, bool[] active, Random rand)
            : base(provider)
        {
            _parent = parent;
            _snapshot = snapshot;
            _active = active;
            _count = snapshot.Count;
            if (rand == null)
                return;
            _order = [.. Enumerable.Range(0, _count)];
            rand.Shuffle(_order);
        }

        public override DataViewSchema Schema => _parent.Schema;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => ActiveColumns.IsActive(_active, column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = CurrentBatch().Id(_current % RowsPerBatch);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Ch.CheckParam(IsColumnActive(column), nameof(column), "requested column not active");
            DataViewSchema.Column source = _parent._input.Schema[_parent._inputIndices[column.Index]];
            return GetterCast.To<TValue>(RowBatch.MakeGetter(source, CurrentBatch, () => _current % RowsPerBatch), Ch);
        }

        protected override bool MoveNextCore()
        {
            if (_next == _count)
                return false;
            _current = _order == null ? _next : _order[_next];
            _next++;
            return true;
        }

        private RowBatch CurrentBatch() => IsGood ? _snapshot.Batches[_current / RowsPerBatch] : throw Ch.Except(GetterCast.NoCurrentRow);
    }
}
