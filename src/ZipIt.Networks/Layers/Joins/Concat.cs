namespace ZipIt.Networks;

/// <summary>Inputs one after the other along the channels: [c₁, h, w], [c₂, h, w] … → [c₁ + c₂ + …, h, w].</summary>
public sealed record Concat : Layer, IStoredLayer<Concat>
{
    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Concatenate;

    /// <inheritdoc/>
    public override string Signature => Kind;

    internal override int? InputCount => null;

    static Concat IStoredLayer<Concat>.Read(LayerReader reader) => new();
}
