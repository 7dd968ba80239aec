namespace Microsoft.ML;

/// <summary>A table that is read row by row, lazily, through cursors.</summary>
public interface IDataView
{
    /// <summary>Whether a cursor honours a random generator by visiting the rows in random order.</summary>
    bool CanShuffle { get; }

    /// <summary>The columns.</summary>
    DataViewSchema Schema { get; }

    /// <summary>The number of rows where it is known without reading them, otherwise null.</summary>
    long? GetRowCount();

    /// <summary>Opens a cursor in which <paramref name="columnsNeeded"/> are active.</summary>
    DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null);

    /// <summary>Opens up to <paramref name="n"/> cursors that share out the rows between them; <see cref="DataViewRow.Batch"/> tells their order.</summary>
    DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null);
}
