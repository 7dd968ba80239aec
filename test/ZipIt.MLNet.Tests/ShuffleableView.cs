using Microsoft.ML;

namespace ZipIt.MLNet.Tests;

/// <summary>Rows that can be read in random order.</summary>
internal sealed class ShuffleableView(MLContext context, PixelRow[] rows) : IDataView
{
    public bool CanShuffle => true;

    public DataViewSchema Schema { get; } = context.Data.LoadFromEnumerable(rows).Schema;

    public long? GetRowCount() => rows.Length;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        PixelRow[] ordered = [.. rows];
        rand?.Shuffle(ordered);
        return context.Data.LoadFromEnumerable(ordered).GetRowCursor(columnsNeeded);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];
}
