using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A row over one object at a time; each new object moves it on.</summary>
internal sealed class InputRow<TRow> : DataViewRow
    where TRow : class
{
    private readonly RowBinding<TRow> _binding;
    private readonly Delegate[] _getters;
    private TRow _current;
    private long _position = -1;

    public InputRow(SchemaDefinition definition)
    {
        _binding = new RowBinding<TRow>(definition);
        _getters = [.. _binding.Columns.Select(column => column.MakeGetter(() => _current ?? throw Contracts.Except(GetterCast.NoCurrentRow)))];
    }

    public override DataViewSchema Schema => _binding.Schema;

    public override long Position => _position;

    public override long Batch => 0;

    /// <summary>Makes an object the current row.</summary>
    public void MoveTo(TRow row)
    {
        Contracts.CheckValue(row, "example");
        _current = row;
        _position++;
    }

    public override bool IsColumnActive(DataViewSchema.Column column)
    {
        Contracts.CheckParam(column.Index < Schema.Count, nameof(column), $"There is no column at index {column.Index}.");
        return true;
    }

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        IsColumnActive(column) ? GetterCast.To<TValue>(_getters[column.Index]) : null;

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = new DataViewRowId((ulong)_position, 0);
}
