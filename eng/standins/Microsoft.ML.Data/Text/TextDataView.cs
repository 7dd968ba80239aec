using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The rows of text files, read anew by each cursor.</summary>
internal sealed class TextDataView(
    IHost host, TextLoader.Options options, DataViewSchema schema, TextColumn[] columns, IMultiStreamSource source) : IDataView
{
    public bool CanShuffle => false;

    public DataViewSchema Schema => schema;

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) =>
        new Cursor(host, options, schema, columns, source, ActiveColumns.Of(schema, columnsNeeded));

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : RootCursorBase
    {
        private readonly TextLoader.Options _options;
        private readonly DataViewSchema _schema;
        private readonly IMultiStreamSource _source;
        private readonly bool[] _active;
        private readonly Delegate[] _getters;
        private int _nextFile;
        private TextReader _text;
        private TextRowReader _reader;
        private string[] _row;

        public Cursor(
            IChannelProvider provider, TextLoader.Options options, DataViewSchema schema, TextColumn[] columns, IMultiStreamSource source, bool[] active)
            : base(provider)
        {
            _options = options;
            _schema = schema;
            _source = source;
            _active = active;
            _getters = [.. columns.Select((column, i) => active[i] ? column.MakeGetter(() => _row ?? throw Ch.Except(GetterCast.NoCurrentRow)) : null)];
        }

        public override DataViewSchema Schema => _schema;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => ActiveColumns.IsActive(_active, column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Ch.CheckParam(IsColumnActive(column), nameof(column), "requested column not active");
            return GetterCast.To<TValue>(_getters[column.Index], Ch);
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) =>
        {
            Ch.Check(IsGood, GetterCast.NoCurrentRow);
            value = new DataViewRowId((ulong)Position, 0);
        };

        protected override bool MoveNextCore()
        {
            _row = null;
            if (Position + 1 == _options.MaxRows)
                return false;
            while (true)
            {
                _row = _reader?.ReadRow();
                if (_row != null)
                    return true;
                _text?.Dispose();
                if (_nextFile == _source.Count)
                    return false;
                _text = _source.OpenTextReader(_nextFile++);
                _reader = new TextRowReader(_text, _options);
                if (_options.HasHeader)
                    _reader.ReadRow();
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _text?.Dispose();
            base.Dispose(disposing);
        }
    }
}
