namespace ZipIt.Networks;

/// <summary>y = x·sigmoid(x), also called Swish.</summary>
public sealed record SiLU : Activation, IStoredLayer<SiLU>
{
    /// <inheritdoc/>
    public override string Signature => Kind;

    static SiLU IStoredLayer<SiLU>.Read(LayerReader reader) => new();
}
