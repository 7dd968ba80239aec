using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Some of the columns of a view, in any order.</summary>
internal sealed class ColumnSubsetDataView : IDataView, IRowToRowMapper
{
    private readonly IHostEnvironment _env;
    private readonly IDataView _source;
    private readonly int[] _sourceIndices;

    public ColumnSubsetDataView(IHostEnvironment env, IDataView source, int[] sourceIndices)
    {
        _env = env;
        _source = source;
        _sourceIndices = sourceIndices;
        Schema = SchemaOf(source.Schema, sourceIndices);
    }

    public bool CanShuffle => _source.CanShuffle;

    public DataViewSchema Schema { get; }

    DataViewSchema IRowToRowMapper.InputSchema => _source.Schema;

    DataViewSchema IRowToRowMapper.OutputSchema => Schema;

    public static DataViewSchema SchemaOf(DataViewSchema source, int[] sourceIndices) =>
        SchemaExtensions.MakeSchema(sourceIndices.Select(index => new DataViewSchema.DetachedColumn(source[index])));

    /// <summary>The view without the columns whose values cannot be copied, or the view itself if there are none.</summary>
    public static IDataView Cacheable(IHostEnvironment env, IDataView source)
    {
        int[] kept = [.. source.Schema.Where(column => column.Type.IsCacheable()).Select(column => column.Index)];
        return kept.Length == source.Schema.Count ? source : new ColumnSubsetDataView(env, source, kept);
    }

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        bool[] active = ActiveColumns.Of(Schema, columnsNeeded);
        return new Cursor(this, _source.GetRowCursor(SourceColumns(active), rand), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        bool[] active = ActiveColumns.Of(Schema, columnsNeeded);
        return [.. _source.GetRowCursorSet(SourceColumns(active), n, rand).Select(input => new Cursor(this, input, active))];
    }

    IEnumerable<DataViewSchema.Column> IRowToRowMapper.GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        SourceColumns(ActiveColumns.Of(Schema, dependingColumns));

    DataViewRow IRowToRowMapper.GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        _env.CheckValue(input, nameof(input));
        _env.CheckParam(
            input.Schema == _source.Schema, nameof(input), "The schema of the input row must be the same object as the schema that the mapper is bound to.");
        return new Row(this, input, ActiveColumns.Of(Schema, activeColumns));
    }

    private DataViewSchema.Column[] SourceColumns(bool[] active) => [.. _sourceIndices.Where((_, i) => active[i]).Select(index => _source.Schema[index])];

    private ValueGetter<TValue> Getter<TValue>(DataViewRow input, bool[] active, DataViewSchema.Column column)
    {
        _env.Check(ActiveColumns.IsActive(active, column), $"The column '{column.Name}' is not active.");
        return input.GetGetter<TValue>(_source.Schema[_sourceIndices[column.Index]]);
    }

    private sealed class Cursor(ColumnSubsetDataView parent, DataViewRowCursor input, bool[] active) : SynchronizedCursorBase(parent._env, input)
    {
        public override DataViewSchema Schema => parent.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => ActiveColumns.IsActive(active, column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => parent.Getter<TValue>(Input, active, column);
    }

    private sealed class Row(ColumnSubsetDataView parent, DataViewRow input, bool[] active) : WrappingRow(input)
    {
        public override DataViewSchema Schema => parent.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => ActiveColumns.IsActive(active, column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => parent.Getter<TValue>(Input, active, column);
    }
}
