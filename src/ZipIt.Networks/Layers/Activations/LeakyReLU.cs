namespace ZipIt.Networks;

/// <summary>y = x for x ≥ 0 and <see cref="NegativeSlope"/>·x below.</summary>
public sealed record LeakyReLU : Activation, IStoredLayer<LeakyReLU>
{
    /// <summary>Describes the activation.</summary>
    /// <param name="negativeSlope">Factor for negative values.</param>
    /// <exception cref="ArgumentOutOfRangeException">The slope is not finite.</exception>
    public LeakyReLU(float negativeSlope = 0.01f)
    {
        if (!float.IsFinite(negativeSlope))
            throw new ArgumentOutOfRangeException(nameof(negativeSlope), $"Expected a finite slope, found {negativeSlope}.");
        NegativeSlope = negativeSlope;
    }

    /// <summary>Factor for negative values.</summary>
    public float NegativeSlope { get; }

    /// <inheritdoc/>
    public override string Signature => $"{Kind} {NegativeSlope:R}";

    static LeakyReLU IStoredLayer<LeakyReLU>.Read(LayerReader reader) => new(reader.ReadSingle());

    void IStoredLayer.WriteAttributes(LayerWriter writer) => writer.WriteSingle(NegativeSlope);
}
