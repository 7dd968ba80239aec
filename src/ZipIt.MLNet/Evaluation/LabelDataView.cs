using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet;

/// <summary>Class names as a data view of one text column, one row each, repeated ones left out.</summary>
internal sealed class LabelDataView : IDataView
{
    private readonly string[] _labels;

    public LabelDataView(IEnumerable<string> labels)
    {
        _labels = [.. labels.Distinct(StringComparer.Ordinal)];
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("Label", TextDataViewType.Instance);
        Schema = builder.ToSchema();
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => _labels.Length;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(this, columnsNeeded.Any());

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(LabelDataView view, bool isActive) : DataViewRowCursor
    {
        private long _position = -1;
        private bool _done;

        public override DataViewSchema Schema => view.Schema;

        public override long Position => _position;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => isActive;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!isActive)
                throw new ArgumentOutOfRangeException(nameof(column), $"The column '{column.Name}' is not active in this cursor.");
            ValueGetter<ReadOnlyMemory<char>> getter = (ref ReadOnlyMemory<char> value) => value = view._labels[_position].AsMemory();
            return getter as ValueGetter<TValue> ?? throw new InvalidOperationException($"The column '{column.Name}' holds text, not {typeof(TValue)}.");
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = new DataViewRowId((ulong)_position, 0);

        public override bool MoveNext()
        {
            _done = _done || _position + 1 >= view._labels.Length;
            _position = _done ? -1 : _position + 1;
            return !_done;
        }
    }
}
