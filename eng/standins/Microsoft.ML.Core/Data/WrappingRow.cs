namespace Microsoft.ML.Data;

/// <summary>A row over another row, of which it keeps position and identity.</summary>
[BestFriend]
internal abstract class WrappingRow : DataViewRow
{
    private bool _disposed;

    [BestFriend]
    private protected WrappingRow(DataViewRow input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Input = input;
    }

    /// <inheritdoc/>
    public sealed override long Batch => Input.Batch;

    /// <inheritdoc/>
    public sealed override long Position => Input.Position;

    /// <summary>The row underneath.</summary>
    protected DataViewRow Input { get; }

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => Input.GetIdGetter();

    /// <summary>Releases what the row itself holds, before the row underneath is disposed.</summary>
    protected virtual void DisposeCore(bool disposing)
    {
    }

    /// <inheritdoc/>
    protected sealed override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        DisposeCore(disposing);
        if (disposing)
            Input.Dispose();
        base.Dispose(disposing);
    }
}
