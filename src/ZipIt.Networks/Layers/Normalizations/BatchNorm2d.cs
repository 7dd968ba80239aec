namespace ZipIt.Networks;

/// <summary>
/// Batch normalization per channel (Ioffe &amp; Szegedy 2015) with stored statistics: y = γ·(x − μ)/√(σ² + ε) + β, [channels, h, w] → the same.
/// </summary>
public sealed record BatchNorm2d : Layer, IAffineLayer, IStoredLayer<BatchNorm2d>
{
    /// <summary>ε of PyTorch's and torchvision's layers.</summary>
    public const float DefaultEpsilon = 1e-5f;

    /// <summary>Describes a batch normalization.</summary>
    /// <param name="weight">Scale γ [channels].</param>
    /// <param name="bias">Shift β [channels].</param>
    /// <param name="mean">Running mean μ [channels].</param>
    /// <param name="variance">Running variance σ² [channels], at least 0.</param>
    /// <param name="epsilon">ε, added to the variance; positive.</param>
    /// <exception cref="ArgumentException">The four tensors are not vectors of one length.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="epsilon"/> is not a positive number.</exception>
    public BatchNorm2d(Tensor weight, Tensor bias, Tensor mean, Tensor variance, float epsilon = DefaultEpsilon)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(variance);
        if (weight.Rank != 1 || weight.Length == 0)
            throw new ArgumentException($"Expected a weight of shape [channels], found {weight}.", nameof(weight));
        CheckVector(bias, weight.Length, nameof(bias));
        CheckVector(mean, weight.Length, nameof(mean));
        CheckVector(variance, weight.Length, nameof(variance));
        if (!(epsilon > 0 && float.IsFinite(epsilon)))
            throw new ArgumentOutOfRangeException(nameof(epsilon), $"Expected a positive epsilon, found {epsilon}.");
        (Weight, Bias, Mean, Variance, Epsilon) = (weight, bias, mean, variance, epsilon);
    }

    /// <summary>Scale γ [channels].</summary>
    public Tensor Weight { get; }

    /// <summary>Shift β [channels].</summary>
    public Tensor Bias { get; }

    /// <summary>Running mean μ [channels].</summary>
    public Tensor Mean { get; }

    /// <summary>Running variance σ² [channels].</summary>
    public Tensor Variance { get; }

    /// <summary>ε, added to the variance.</summary>
    public float Epsilon { get; }

    /// <summary>Number of channels.</summary>
    public int Channels => Weight.Length;

    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Keep;

    /// <inheritdoc/>
    public override string Signature => Kind;

    /// <inheritdoc/>
    /// <remarks>
    /// Where channels are merged, the paper squares M for the running variance; its reference implementation does not, and neither does this library: after the
    /// statistics have been reset both are forgotten.
    /// </remarks>
    public override IReadOnlyList<LayerParameter> Parameters =>
    [
        new("weight", ParameterRole.NormScale, Weight, ParameterAxis.Channel),
        new("bias", ParameterRole.NormShift, Bias, ParameterAxis.Channel),
        new("running_mean", ParameterRole.RunningMean, Mean, ParameterAxis.Channel),
        new("running_var", ParameterRole.RunningVariance, Variance, ParameterAxis.Channel),
    ];

    /// <summary>The same normalization with other running statistics.</summary>
    public BatchNorm2d With(Tensor mean, Tensor variance) => new(Weight, Bias, mean, variance, Epsilon);

    /// <inheritdoc/>
    public (double Scale, double Shift) GetAffine(int channel)
    {
        double scale = Weight.Span[channel] / Math.Sqrt((double)Variance.Span[channel] + Epsilon);
        return (scale, Bias.Span[channel] - scale * Mean.Span[channel]);
    }

    /// <summary>The layer as one multiplication and one addition per channel, in single precision: y = scale·x + shift.</summary>
    public (Tensor Scale, Tensor Shift) ToAffine()
    {
        var affine = ChannelAffine.Of(this);
        return (affine.Scale, affine.Shift);
    }

    private protected override Layer Remake(ReadOnlySpan<Tensor?> values) => new BatchNorm2d(values[0]!, values[1]!, values[2]!, values[3]!, Epsilon);

    static BatchNorm2d IStoredLayer<BatchNorm2d>.Read(LayerReader reader) =>
        new(reader.ReadTensor(), reader.ReadTensor(), reader.ReadTensor(), reader.ReadTensor(ParameterRole.RunningVariance), reader.ReadSingle());

    void IStoredLayer.WriteAttributes(LayerWriter writer) => writer.WriteSingle(Epsilon);
}
