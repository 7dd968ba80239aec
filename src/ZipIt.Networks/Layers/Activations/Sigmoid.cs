namespace ZipIt.Networks;

/// <summary>y = 1 / (1 + e⁻ˣ).</summary>
public sealed record Sigmoid : Activation, IStoredLayer<Sigmoid>
{
    /// <inheritdoc/>
    public override string Signature => Kind;

    static Sigmoid IStoredLayer<Sigmoid>.Read(LayerReader reader) => new();
}
