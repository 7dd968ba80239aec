namespace ZipIt.Networks;

/// <summary>Softmax over the channels (or the features of a vector): yᵢ = e^xᵢ / Σ e^xⱼ; shapes stay as they are.</summary>
public sealed record Softmax : Layer, IStoredLayer<Softmax>
{
    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Couple;

    /// <inheritdoc/>
    public override string Signature => Kind;

    static Softmax IStoredLayer<Softmax>.Read(LayerReader reader) => new();
}
