namespace ZipIt.Networks;

/// <summary>[channels, h, w] → [channels·h·w], row-major.</summary>
public sealed record Flatten : Layer, IStoredLayer<Flatten>
{
    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Flatten;

    /// <inheritdoc/>
    public override string Signature => Kind;

    static Flatten IStoredLayer<Flatten>.Read(LayerReader reader) => new();
}
