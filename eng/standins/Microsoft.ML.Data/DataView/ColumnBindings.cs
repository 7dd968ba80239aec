using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The columns of an input followed by added ones.</summary>
[BestFriend]
internal sealed class ColumnBindings
{
    /// <summary>Adds columns to those of an input.</summary>
    public ColumnBindings(DataViewSchema input, DataViewSchema.DetachedColumn[] addedColumns)
    {
        Contracts.CheckValue(input, nameof(input));
        Contracts.CheckValue(addedColumns, nameof(addedColumns));
        InputSchema = input;
        AddedColumnIndices = [.. Enumerable.Range(input.Count, addedColumns.Length)];
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        builder.AddColumns(addedColumns);
        Schema = builder.ToSchema();
    }

    /// <summary>The columns of the input.</summary>
    public DataViewSchema InputSchema { get; }

    /// <summary>All columns.</summary>
    public DataViewSchema Schema { get; }

    /// <summary>Where the added columns stand.</summary>
    public IReadOnlyList<int> AddedColumnIndices { get; }

    /// <summary>The index of a column within the input or within the added columns.</summary>
    public int MapColumnIndex(out bool isSrcColumn, int col)
    {
        isSrcColumn = col < InputSchema.Count;
        return isSrcColumn ? col : col - InputSchema.Count;
    }

    /// <summary>The columns of the input that are themselves asked for.</summary>
    public bool[] GetActiveInput(Func<int, bool> predicate) => [.. InputSchema.Select(column => predicate(column.Index))];
}
