using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>One row of a data view: a position in it and getters for the active columns.</summary>
public abstract class DataViewRow : IDisposable
{
    private bool _disposed;

    /// <summary>The number of the row within its cursor, from 0; -1 where there is no current row.</summary>
    public abstract long Position { get; }

    /// <summary>Orders the rows of several cursors of one cursor set; it never falls within a cursor.</summary>
    public abstract long Batch { get; }

    /// <summary>The columns of the row, active or not.</summary>
    public abstract DataViewSchema Schema { get; }

    /// <summary>A getter of the row's identity, which is the same in every cursor over the same data.</summary>
    public abstract ValueGetter<DataViewRowId> GetIdGetter();

    /// <summary>Whether <see cref="GetGetter{TValue}"/> may be called for the column.</summary>
    public abstract bool IsColumnActive(DataViewSchema.Column column);

    /// <summary>A getter of the column's value in the current row; fetch it once, call it per row.</summary>
    public abstract ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column);

    /// <summary>Releases what the row holds.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the row holds; called once.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
