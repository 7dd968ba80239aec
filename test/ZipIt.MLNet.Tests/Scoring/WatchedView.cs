using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.MLNet.Tests;

/// <summary>Another view, whose cursors are counted and can be told to fail.</summary>
internal sealed class WatchedView(IDataView view) : IDataView
{
    /// <summary>For each cursor the names of the columns that it was asked for.</summary>
    public List<string[]> Cursors { get; } = [];

    /// <summary>Number of cursors that are not disposed.</summary>
    public int Open { get; private set; }

    /// <summary>Thrown by the next cursor when a getter is asked for.</summary>
    public Exception? GetterFailure { get; set; }

    /// <summary>What happens when a cursor is moved to a row.</summary>
    public Action<long>? OnMove { get; set; }

    /// <summary>What happens when a value is read: name of the column, position.</summary>
    public Action<string, long>? OnRead { get; set; }

    public bool CanShuffle => view.CanShuffle;

    public DataViewSchema Schema => view.Schema;

    public long? GetRowCount() => view.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        Watch(columnsNeeded, view.GetRowCursor(columnsNeeded, rand), 0);

    /// <summary>Always two cursors: the even rows in batches of even numbers, and the odd ones.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [Watch(columnsNeeded, view.GetRowCursor(columnsNeeded, rand), 0, 2), Watch(columnsNeeded, view.GetRowCursor(columnsNeeded, rand), 1, 2)];

    private Cursor Watch(IEnumerable<DataViewSchema.Column> columns, DataViewRowCursor cursor, int first, int step = 1)
    {
        Cursors.Add([.. columns.Select(column => column.Name)]);
        Open++;
        return new Cursor(this, cursor, first, step);
    }

    private sealed class Cursor(WatchedView owner, DataViewRowCursor cursor, int first, int step) : DataViewRowCursor
    {
        private long _position = -1;
        private bool _disposed;

        public override DataViewSchema Schema => cursor.Schema;

        public override long Position => _position;

        public override long Batch => cursor.Position;

        public override bool IsColumnActive(DataViewSchema.Column column) => cursor.IsColumnActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (owner.GetterFailure is { } failure)
                throw failure;
            ValueGetter<TValue> getter = cursor.GetGetter<TValue>(column);
            return (ref TValue value) =>
            {
                owner.OnRead?.Invoke(column.Name, _position);
                getter(ref value);
            };
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => cursor.GetIdGetter();

        public override bool MoveNext()
        {
            for (int i = _position < 0 ? step - 1 - first : 0; i < step; i++)
            {
                if (!cursor.MoveNext())
                    return false;
            }

            _position++;
            owner.OnMove?.Invoke(_position);
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            if (_disposed)
                return;
            _disposed = true;
            owner.Open--;
            if (disposing)
                cursor.Dispose();
            base.Dispose(disposing);
        }
    }
}
