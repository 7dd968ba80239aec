namespace ZipIt.Networks;

/// <summary>y = tanh(x).</summary>
public sealed record Tanh : Activation, IStoredLayer<Tanh>
{
    /// <inheritdoc/>
    public override string Signature => Kind;

    static Tanh IStoredLayer<Tanh>.Read(LayerReader reader) => new();
}
