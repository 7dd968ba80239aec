namespace ZipIt.Networks;

/// <summary>Sum of two or more inputs of one shape.</summary>
public sealed record Add : Layer, IStoredLayer<Add>
{
    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Keep;

    /// <inheritdoc/>
    public override string Signature => Kind;

    internal override int? InputCount => null;

    static Add IStoredLayer<Add>.Read(LayerReader reader) => new();
}
