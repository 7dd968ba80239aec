namespace ZipIt.Networks;

/// <summary>y = x·Φ(x) with the normal distribution function Φ (Hendrycks &amp; Gimpel 2016), in its exact or its tanh form.</summary>
/// <param name="TanhApproximation">Whether Φ is approximated by a tanh, as some exporters do.</param>
public sealed record GELU(bool TanhApproximation = false) : Activation, IStoredLayer<GELU>
{
    /// <inheritdoc/>
    public override string Signature => $"{Kind} {(TanhApproximation ? "tanh" : "exact")}";

    static GELU IStoredLayer<GELU>.Read(LayerReader reader) => new(reader.ReadBoolean());

    void IStoredLayer.WriteAttributes(LayerWriter writer) => writer.WriteBoolean(TanhApproximation);
}
