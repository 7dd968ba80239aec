namespace ZipIt.Networks;

/// <summary>Mean over all pixels: [channels, h, w] → [channels, 1, 1].</summary>
public sealed record GlobalAveragePool : Layer, IStoredLayer<GlobalAveragePool>
{
    /// <inheritdoc/>
    public override bool AveragesPixels => true;

    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Keep;

    /// <inheritdoc/>
    public override string Signature => Kind;

    static GlobalAveragePool IStoredLayer<GlobalAveragePool>.Read(LayerReader reader) => new();
}
