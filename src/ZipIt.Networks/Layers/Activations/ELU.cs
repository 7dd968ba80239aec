namespace ZipIt.Networks;

/// <summary>y = x for x ≥ 0 and <see cref="Alpha"/>·(eˣ − 1) below (Clevert et al. 2016, eq. 15).</summary>
public sealed record ELU : Activation, IStoredLayer<ELU>
{
    /// <summary>Describes the activation.</summary>
    /// <param name="alpha">Minus the value that large negative inputs approach.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not finite.</exception>
    public ELU(float alpha = 1)
    {
        if (!float.IsFinite(alpha))
            throw new ArgumentOutOfRangeException(nameof(alpha), $"Expected a finite alpha, found {alpha}.");
        Alpha = alpha;
    }

    /// <summary>Minus the value that large negative inputs approach.</summary>
    public float Alpha { get; }

    /// <inheritdoc/>
    public override string Signature => $"{Kind} {Alpha:R}";

    static ELU IStoredLayer<ELU>.Read(LayerReader reader) => new(reader.ReadSingle());

    void IStoredLayer.WriteAttributes(LayerWriter writer) => writer.WriteSingle(Alpha);
}
