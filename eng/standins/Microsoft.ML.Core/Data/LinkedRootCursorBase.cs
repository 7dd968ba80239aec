using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A cursor that counts its own rows and reads those of another.</summary>
[BestFriend]
internal abstract class LinkedRootCursorBase : RootCursorBase
{
    private bool _disposed;

    /// <summary>Takes ownership of <paramref name="input"/>.</summary>
    protected LinkedRootCursorBase(IChannelProvider provider, DataViewRowCursor input)
        : base(provider)
    {
        Input = input;
    }

    /// <summary>The cursor that is read.</summary>
    protected DataViewRowCursor Input { get; }

    /// <summary>The cursor that is moved.</summary>
    protected DataViewRowCursor Root => Input;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        if (disposing)
            Input.Dispose();
        base.Dispose(disposing);
    }
}
