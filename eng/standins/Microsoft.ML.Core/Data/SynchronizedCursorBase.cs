using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A cursor that moves in step with another.</summary>
[BestFriend]
internal abstract class SynchronizedCursorBase : DataViewRowCursor
{
    /// <summary>The channel that lives as long as the cursor.</summary>
    protected readonly IChannel Ch;

    internal readonly DataViewRowCursor Root;

    private bool _disposed;

    /// <summary>Takes ownership of <paramref name="input"/>.</summary>
    protected SynchronizedCursorBase(IChannelProvider provider, DataViewRowCursor input)
    {
        Contracts.CheckValue(provider, nameof(provider));
        Contracts.CheckValue(input, nameof(input));
        Ch = provider.Start("Cursor");
        Input = input;
        Root = input is SynchronizedCursorBase synchronized ? synchronized.Root : input;
    }

    /// <inheritdoc/>
    public sealed override long Position => Root.Position;

    /// <inheritdoc/>
    public sealed override long Batch => Root.Batch;

    /// <summary>The cursor that is followed.</summary>
    protected DataViewRowCursor Input { get; }

    /// <summary>Whether the cursor stands on a row.</summary>
    protected bool IsGood => Root.Position >= 0;

    /// <inheritdoc/>
    public sealed override bool MoveNext() => Root.MoveNext();

    /// <inheritdoc/>
    public sealed override ValueGetter<DataViewRowId> GetIdGetter() => Input.GetIdGetter();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        if (disposing)
        {
            Input.Dispose();
            Ch.Dispose();
        }
        base.Dispose(disposing);
    }
}
