using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A data view that adds computed columns to each row of another.</summary>
/// <remarks>
/// A cursor whose active columns can all be copied computes them on background threads: the source is split over several cursors, each with
/// getters of its own, and their rows are put back in order.
/// </remarks>
[BestFriend]
internal sealed class RowToRowMapperTransform : RowToRowTransformBase, IRowToRowMapper
{
    /// <summary>The name under which the view registers.</summary>
    public const string RegistrationName = "RowToRowMapperTransform";

    private readonly IRowMapper _mapper;
    private readonly ColumnBindings _bindings;

    /// <summary>Adds the columns of <paramref name="mapper"/>.</summary>
    public RowToRowMapperTransform(IHostEnvironment env, IDataView input, IRowMapper mapper, Func<DataViewSchema, IRowMapper> mapperFactory)
        : base(env, RegistrationName, input)
    {
        Host.CheckValue(mapper, nameof(mapper));
        _mapper = mapper;
        _bindings = new ColumnBindings(input.Schema, mapper.GetOutputColumns());
    }

    /// <inheritdoc/>
    public DataViewSchema InputSchema => Source.Schema;

    /// <inheritdoc/>
    public override DataViewSchema OutputSchema => _bindings.Schema;

    /// <summary>The schema with the columns of <paramref name="mapper"/> added.</summary>
    public static DataViewSchema GetOutputSchema(DataViewSchema inputSchema, IRowMapper mapper)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        Contracts.CheckValue(mapper, nameof(mapper));
        return new ColumnBindings(inputSchema, mapper.GetOutputColumns()).Schema;
    }

    /// <inheritdoc/>
    public override DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        Random random = CanShuffle ? rand : null;
        bool[] active = ActiveColumns.Of(OutputSchema, columnsNeeded);
        DataViewRowCursor[] inputs = Source.GetRowCursorSet(InputColumns(active), n, random);
        if (inputs.Length == 1 && n > 1 && _bindings.AddedColumnIndices.Any(index => active[index]))
            inputs = DataViewUtils.CreateSplitCursors(Host, inputs[0], n);
        return [.. inputs.Select(input => new Cursor(this, input, active))];
    }

    /// <inheritdoc/>
    protected override bool? ShouldUseParallelCursors(Func<int, bool> predicate) => _bindings.AddedColumnIndices.Any(predicate) ? true : null;

    /// <inheritdoc/>
    protected override DataViewRowCursor GetRowCursorCore(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        bool[] active = ActiveColumns.Of(OutputSchema, columnsNeeded);
        return new Cursor(this, Source.GetRowCursor(InputColumns(active), rand), active);
    }

    private protected override void SaveModel(ModelSaveContext ctx) =>
        throw Host.ExceptNotSupp("A view of data cannot be saved as a model; its transformer can.");

    IEnumerable<DataViewSchema.Column> IRowToRowMapper.GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        InputColumns(ActiveColumns.Of(OutputSchema, dependingColumns));

    DataViewRow IRowToRowMapper.GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        Host.CheckValue(input, nameof(input));
        Host.CheckValue(activeColumns, nameof(activeColumns));
        Host.CheckParam(
            input.Schema == InputSchema, nameof(input), "The schema of the input row must be the same object as the schema that the mapper is bound to.");
        return new Row(this, input, ActiveColumns.Of(OutputSchema, activeColumns));
    }

    private DataViewSchema.Column[] InputColumns(bool[] active)
    {
        Func<int, bool> needed = _mapper.GetDependencies(added => active[InputSchema.Count + added]);
        return [.. InputSchema.Where(column => active[column.Index] || needed(column.Index))];
    }

    /// <summary>The getters of one row or cursor.</summary>
    private readonly struct Getters
    {
        private readonly RowToRowMapperTransform _parent;
        private readonly DataViewRow _input;
        private readonly bool[] _active;
        private readonly Delegate[] _added;
        private readonly Action _disposer;

        public Getters(RowToRowMapperTransform parent, DataViewRow input, bool[] active)
        {
            _parent = parent;
            _input = input;
            _active = active;
            _added = parent._mapper.CreateGetters(input, added => active[parent.InputSchema.Count + added], out _disposer);
        }

        public bool IsActive(DataViewSchema.Column column) => ActiveColumns.IsActive(_active, column);

        public ValueGetter<TValue> Get<TValue>(DataViewSchema.Column column)
        {
            _parent.Host.Check(IsActive(column), $"The column '{column.Name}' is not active.");
            int index = _parent._bindings.MapColumnIndex(out bool isSource, column.Index);
            return isSource ? _input.GetGetter<TValue>(_input.Schema[index]) : GetterCast.To<TValue>(_added[index], _parent.Host);
        }

        public void Dispose() => _disposer?.Invoke();
    }

    private sealed class Cursor : SynchronizedCursorBase
    {
        private readonly RowToRowMapperTransform _parent;
        private readonly Getters _getters;
        private bool _disposed;

        public Cursor(RowToRowMapperTransform parent, DataViewRowCursor input, bool[] active)
            : base(parent.Host, input)
        {
            _parent = parent;
            _getters = new Getters(parent, input, active);
        }

        public override DataViewSchema Schema => _parent.OutputSchema;

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters.IsActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _getters.Get<TValue>(column);

        protected override void Dispose(bool disposing)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (disposing)
                _getters.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class Row : WrappingRow
    {
        private readonly RowToRowMapperTransform _parent;
        private readonly Getters _getters;

        public Row(RowToRowMapperTransform parent, DataViewRow input, bool[] active)
            : base(input)
        {
            _parent = parent;
            _getters = new Getters(parent, input, active);
        }

        public override DataViewSchema Schema => _parent.OutputSchema;

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters.IsActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _getters.Get<TValue>(column);

        protected override void DisposeCore(bool disposing)
        {
            if (disposing)
                _getters.Dispose();
        }
    }
}
