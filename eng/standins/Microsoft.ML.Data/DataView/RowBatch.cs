namespace Microsoft.ML.Data;

/// <summary>Copies of consecutive rows: the values of the active columns, and the identities.</summary>
internal sealed class RowBatch
{
    private readonly ColumnBatch[] _columns;
    private readonly DataViewRowId[] _ids;

    private RowBatch(ColumnBatch[] columns, int capacity)
    {
        _columns = columns;
        _ids = new DataViewRowId[capacity];
    }

    /// <summary>The number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>Orders the batches of several cursors.</summary>
    public long Number { get; set; }

    /// <summary>The identity of a row.</summary>
    public DataViewRowId Id(int row) => _ids[row];

    /// <summary>A getter of one column, in the batch and at the row that the cursor points to.</summary>
    public static Delegate MakeGetter(DataViewSchema.Column column, Func<RowBatch> batch, Func<int> row) =>
        (Delegate)Generic.Method(typeof(RowBatch), nameof(MakeTypedGetter), column.Type.RawType).Invoke(null, column.Index, batch, row);

    private static ValueGetter<T> MakeTypedGetter<T>(int column, Func<RowBatch> batch, Func<int> row) =>
        (ref T value) => ValueCopier<T>.Copy(in ((ColumnBatch<T>)batch()._columns[column]).Values[row()], ref value);

    /// <summary>Fills batches from one row that moves.</summary>
    public sealed class Reader
    {
        private readonly DataViewSchema _schema;
        private readonly Delegate[] _getters;
        private readonly ValueGetter<DataViewRowId> _idGetter;
        private readonly int _capacity;

        public Reader(DataViewRow source, int capacity)
        {
            _schema = source.Schema;
            _getters = [.. _schema.Select(column => source.IsColumnActive(column) ? GetterCast.Of(source, column) : null)];
            _idGetter = source.GetIdGetter();
            _capacity = capacity;
        }

        /// <summary>An empty batch for the columns of this reader.</summary>
        public RowBatch NewBatch()
        {
            ColumnBatch Column(DataViewSchema.Column column) => _getters[column.Index] == null
                ? null
                : (ColumnBatch)Activator.CreateInstance(typeof(ColumnBatch<>).MakeGenericType(column.Type.RawType), _capacity);
            return new RowBatch([.. _schema.Select(Column)], _capacity);
        }

        /// <summary>Whether the batch has room for no more rows.</summary>
        public bool IsFull(RowBatch batch) => batch.Count == _capacity;

        /// <summary>Forgets the rows of a batch, keeping its buffers.</summary>
        public static void Clear(RowBatch batch) => batch.Count = 0;

        /// <summary>Appends the current row.</summary>
        public void Append(RowBatch batch) => Read(batch, batch.Count);

        /// <summary>Puts the current row into a place, which is one that has a row or the next free one.</summary>
        public void Read(RowBatch batch, int row)
        {
            for (int i = 0; i < _getters.Length; i++)
                batch._columns[i]?.Read(_getters[i], row);
            _idGetter(ref batch._ids[row]);
            batch.Count = Math.Max(batch.Count, row + 1);
        }
    }

    private abstract class ColumnBatch
    {
        public abstract void Read(Delegate getter, int row);
    }

    private sealed class ColumnBatch<T>(int capacity) : ColumnBatch
    {
        public readonly T[] Values = new T[capacity];

        public override void Read(Delegate getter, int row) => ((ValueGetter<T>)getter)(ref Values[row]);
    }
}
