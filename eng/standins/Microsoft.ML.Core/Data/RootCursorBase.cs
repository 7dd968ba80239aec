using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A cursor that counts its own rows.</summary>
[BestFriend]
internal abstract class RootCursorBase : DataViewRowCursor
{
    /// <summary>The channel that lives as long as the cursor.</summary>
    protected readonly IChannel Ch;

    private long _position = -1;
    private bool _done;
    private bool _disposed;

    /// <summary>Opens a channel for the cursor.</summary>
    protected RootCursorBase(IChannelProvider provider)
    {
        Contracts.CheckValue(provider, nameof(provider));
        Ch = provider.Start("Cursor");
    }

    /// <inheritdoc/>
    public sealed override long Position => _position;

    /// <summary>Whether the cursor stands on a row.</summary>
    protected bool IsGood => _position >= 0;

    /// <inheritdoc/>
    public sealed override bool MoveNext()
    {
        if (_done)
            return false;
        if (MoveNextCore())
        {
            _position++;
            return true;
        }
        _done = true;
        _position = -1;
        return false;
    }

    /// <summary>Moves to the next row; not called again once it has returned false.</summary>
    protected abstract bool MoveNextCore();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        _done = true;
        _position = -1;
        if (disposing)
            Ch.Dispose();
        base.Dispose(disposing);
    }
}
