namespace ZipIt.Networks;

/// <summary>y = x·min(max(x/6 + ½, 0), 1), the piecewise form of <see cref="SiLU"/> (Howard et al. 2019, MobileNetV3, section 5.2).</summary>
public sealed record HardSwish : Activation, IStoredLayer<HardSwish>
{
    /// <inheritdoc/>
    public override string Signature => Kind;

    static HardSwish IStoredLayer<HardSwish>.Read(LayerReader reader) => new();
}
