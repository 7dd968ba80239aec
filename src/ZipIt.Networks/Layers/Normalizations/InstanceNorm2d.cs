namespace ZipIt.Networks;

/// <summary>
/// Instance normalization (Ulyanov et al. 2016): each channel of each image is normalized with its own mean and variance over the pixels,
/// y = γ·(x − mean)/√(variance + ε) + β, [channels, h, w] → the same. The variance is the biased one.
/// </summary>
/// <remarks>Layers without γ and β are described by ones and zeros. Where channels are merged, γ and β are merged as the channels are.</remarks>
public sealed record InstanceNorm2d : Layer, IStoredLayer<InstanceNorm2d>
{
    /// <summary>Describes an instance normalization.</summary>
    /// <param name="weight">Scale γ [channels].</param>
    /// <param name="bias">Shift β [channels].</param>
    /// <param name="epsilon">ε, added to the variance; positive.</param>
    /// <exception cref="ArgumentException">The tensors are not vectors of one length.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="epsilon"/> is not a positive number.</exception>
    public InstanceNorm2d(Tensor weight, Tensor bias, float epsilon = BatchNorm2d.DefaultEpsilon)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        if (weight.Rank != 1 || weight.Length == 0)
            throw new ArgumentException($"Expected a weight of shape [channels], found {weight}.", nameof(weight));
        CheckVector(bias, weight.Length, nameof(bias));
        if (!(epsilon > 0 && float.IsFinite(epsilon)))
            throw new ArgumentOutOfRangeException(nameof(epsilon), $"Expected a positive epsilon, found {epsilon}.");
        (Weight, Bias, Epsilon) = (weight, bias, epsilon);
    }

    /// <summary>Scale γ [channels].</summary>
    public Tensor Weight { get; }

    /// <summary>Shift β [channels].</summary>
    public Tensor Bias { get; }

    /// <summary>ε, added to the variance.</summary>
    public float Epsilon { get; }

    /// <summary>Number of channels.</summary>
    public int Channels => Weight.Length;

    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Keep;

    /// <inheritdoc/>
    public override string Signature => $"{Kind} epsilon {Epsilon:R}";

    /// <inheritdoc/>
    public override IReadOnlyList<LayerParameter> Parameters =>
    [
        new("weight", ParameterRole.NormScale, Weight, ParameterAxis.Channel),
        new("bias", ParameterRole.NormShift, Bias, ParameterAxis.Channel),
    ];

    private protected override Layer Remake(ReadOnlySpan<Tensor?> values) => new InstanceNorm2d(values[0]!, values[1]!, Epsilon);

    static InstanceNorm2d IStoredLayer<InstanceNorm2d>.Read(LayerReader reader) => new(reader.ReadTensor(), reader.ReadTensor(), reader.ReadSingle());

    void IStoredLayer.WriteAttributes(LayerWriter writer) => writer.WriteSingle(Epsilon);
}
