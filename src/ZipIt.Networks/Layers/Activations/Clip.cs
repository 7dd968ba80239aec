namespace ZipIt.Networks;

/// <summary>y = min(max(x, lower), upper), e.g. ReLU6.</summary>
public sealed record Clip : Activation, IStoredLayer<Clip>
{
    /// <summary>Describes the activation.</summary>
    /// <exception cref="ArgumentException">The bounds are not finite or not in order.</exception>
    public Clip(float lower, float upper)
    {
        if (!(float.IsFinite(lower) && float.IsFinite(upper) && lower < upper))
            throw new ArgumentException($"Expected finite bounds in ascending order, found {lower} and {upper}.", nameof(upper));
        (Lower, Upper) = (lower, upper);
    }

    /// <summary>Smallest output.</summary>
    public float Lower { get; }

    /// <summary>Largest output.</summary>
    public float Upper { get; }

    /// <inheritdoc/>
    public override string Signature => $"{Kind} {Lower:R}–{Upper:R}";

    static Clip IStoredLayer<Clip>.Read(LayerReader reader) => new(reader.ReadSingle(), reader.ReadSingle());

    void IStoredLayer.WriteAttributes(LayerWriter writer)
    {
        writer.WriteSingle(Lower);
        writer.WriteSingle(Upper);
    }
}
