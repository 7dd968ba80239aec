namespace ZipIt.Networks;

/// <summary>A function of each value alone; shapes stay as they are.</summary>
public abstract record Activation : Layer
{
    private protected Activation()
    {
    }

    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Keep;
}
