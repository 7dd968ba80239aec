using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The rows of a view in random order: the next one is drawn from a pool of rows, and the one after the pool takes its place.</summary>
internal sealed class ShuffledDataView : IDataView
{
    private readonly IHostEnvironment _env;
    private readonly IDataView _source;
    private readonly int _seed;
    private readonly int _poolSize;
    private readonly bool _shuffleSource;

    public ShuffledDataView(IHostEnvironment env, IDataView source, int seed, int poolSize, bool shuffleSource)
    {
        _env = env;
        _source = ColumnSubsetDataView.Cacheable(env, source);
        _seed = seed;
        _poolSize = poolSize;
        _shuffleSource = shuffleSource;
    }

    public bool CanShuffle => true;

    public DataViewSchema Schema => _source.Schema;

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        bool[] active = ActiveColumns.Of(Schema, columnsNeeded);
        var random = new Random(rand?.Next() ?? _seed);
        Random sourceRandom = _shuffleSource && _source.CanShuffle ? new Random(random.Next()) : null;
        return new Cursor(_env, _source.GetRowCursor(ActiveColumns.Select(Schema, active), sourceRandom), active, random, _poolSize);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : LinkedRootCursorBase
    {
        private readonly bool[] _active;
        private readonly Random _random;
        private readonly RowBatch.Reader _reader;
        private readonly RowBatch _pool;

        // The slots of the pool that hold a row still to be given out, and the one that holds the current row.
        private readonly List<int> _waiting = [];
        private int _current = -1;
        private bool _inputEnded;

        public Cursor(IChannelProvider provider, DataViewRowCursor input, bool[] active, Random random, int poolSize)
            : base(provider, input)
        {
            _active = active;
            _random = random;
            _reader = new RowBatch.Reader(input, poolSize);
            _pool = _reader.NewBatch();
        }

        public override DataViewSchema Schema => Input.Schema;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => ActiveColumns.IsActive(_active, column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = Current().Id(_current);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Ch.CheckParam(IsColumnActive(column), nameof(column), "requested column not active");
            return GetterCast.To<TValue>(RowBatch.MakeGetter(Schema[column.Index], Current, () => _current), Ch);
        }

        protected override bool MoveNextCore()
        {
            // The row given out last makes room for the next of the input.
            if (_current >= 0 && TryReadInput(_current))
                _waiting.Add(_current);
            while (!_reader.IsFull(_pool) && TryReadInput(_pool.Count))
                _waiting.Add(_pool.Count - 1);
            if (_waiting.Count == 0)
                return false;
            int drawn = _random.Next(_waiting.Count);
            _current = _waiting[drawn];
            _waiting[drawn] = _waiting[^1];
            _waiting.RemoveAt(_waiting.Count - 1);
            return true;
        }

        private bool TryReadInput(int slot)
        {
            if (_inputEnded || !Input.MoveNext())
            {
                _inputEnded = true;
                return false;
            }
            _reader.Read(_pool, slot);
            return true;
        }

        private RowBatch Current() => IsGood ? _pool : throw Ch.Except(GetterCast.NoCurrentRow);
    }
}
