using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A data view that adds computed columns to each row of another.</summary>
/// <remarks>
/// A cursor whose active columns can all be copied computes them on background threads: the source is split over several cursors, each with
/// getters of its own, and their rows are put back in order.
/// </remarks>
[BestFriend]
internal sealed class RowToRowMapperTransform : IDataView, IRowToRowMapper
{
    /// <summary>The name under which the view registers.</summary>
    public const string RegistrationName = "RowToRowMapperTransform";

    private readonly IHost _host;
    private readonly IDataView _source;
    private readonly IRowMapper _mapper;
    private readonly ColumnBindings _bindings;

    /// <summary>Adds the columns of <paramref name="mapper"/>.</summary>
    public RowToRowMapperTransform(IHostEnvironment env, IDataView input, IRowMapper mapper, Func<DataViewSchema, IRowMapper> mapperFactory)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(RegistrationName);
        _host.CheckValue(input, nameof(input));
        _host.CheckValue(mapper, nameof(mapper));
        _source = input;
        _mapper = mapper;
        _bindings = new ColumnBindings(input.Schema, mapper.GetOutputColumns());
    }

    /// <inheritdoc/>
    public bool CanShuffle => _source.CanShuffle;

    /// <inheritdoc/>
    public DataViewSchema InputSchema => _source.Schema;

    /// <inheritdoc/>
    public DataViewSchema OutputSchema => _bindings.Schema;

    DataViewSchema IDataView.Schema => OutputSchema;

    /// <summary>The schema with the columns of <paramref name="mapper"/> added.</summary>
    public static DataViewSchema GetOutputSchema(DataViewSchema inputSchema, IRowMapper mapper)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        Contracts.CheckValue(mapper, nameof(mapper));
        return new ColumnBindings(inputSchema, mapper.GetOutputColumns()).Schema;
    }

    /// <inheritdoc/>
    public long? GetRowCount() => _source.GetRowCount();

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        Random random = CanShuffle ? rand : null;
        bool[] active = ActiveColumns.Of(OutputSchema, columnsNeeded);
        DataViewSchema.Column[] columns = [.. ActiveColumns.Select(OutputSchema, active)];
        if (DataViewUtils.TryCreateConsolidatingCursor(out DataViewRowCursor consolidated, this, columns, _host, random))
            return consolidated;
        return new Cursor(this, _source.GetRowCursor(InputColumns(active), random), active);
    }

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        Random random = CanShuffle ? rand : null;
        bool[] active = ActiveColumns.Of(OutputSchema, columnsNeeded);
        DataViewRowCursor[] inputs = _source.GetRowCursorSet(InputColumns(active), n, random);
        if (inputs.Length == 1 && n > 1 && _bindings.AddedColumnIndices.Any(index => active[index]))
            inputs = DataViewUtils.CreateSplitCursors(_host, inputs[0], n);
        return [.. inputs.Select(input => new Cursor(this, input, active))];
    }

    IEnumerable<DataViewSchema.Column> IRowToRowMapper.GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        InputColumns(ActiveColumns.Of(OutputSchema, dependingColumns));

    DataViewRow IRowToRowMapper.GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        _host.CheckValue(input, nameof(input));
        _host.CheckValue(activeColumns, nameof(activeColumns));
        _host.CheckParam(
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
            _parent._host.Check(IsActive(column), $"The column '{column.Name}' is not active.");
            int index = _parent._bindings.MapColumnIndex(out bool isSource, column.Index);
            return isSource ? _input.GetGetter<TValue>(_input.Schema[index]) : GetterCast.To<TValue>(_added[index], _parent._host);
        }

        public void Dispose() => _disposer?.Invoke();
    }

    private sealed class Cursor : SynchronizedCursorBase
    {
        private readonly RowToRowMapperTransform _parent;
        private readonly Getters _getters;
        private bool _disposed;

        public Cursor(RowToRowMapperTransform parent, DataViewRowCursor input, bool[] active)
            : base(parent._host, input)
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
