namespace ZipIt.Networks;

/// <summary>y = max(x, 0).</summary>
public sealed record ReLU : Activation, IStoredLayer<ReLU>
{
    /// <inheritdoc/>
    public override string Signature => Kind;

    static ReLU IStoredLayer<ReLU>.Read(LayerReader reader) => new();
}
