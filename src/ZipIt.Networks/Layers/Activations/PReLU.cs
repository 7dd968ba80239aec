namespace ZipIt.Networks;

/// <summary>
/// Rectifier with a learnt slope per channel (He et al. 2015, eq. 1): y = x for x ≥ 0 and slope·x below; [channels, h, w] → the same, or a vector of as many
/// features.
/// </summary>
/// <remarks>
/// It is no <see cref="Activation"/>, since it treats channels differently. Where channels are merged, slopes are merged as the channels are (Σₘ Mₘ·slopeₘ),
/// which is exact for channels whose slopes agree.
/// </remarks>
public sealed record PReLU : Layer, IStoredLayer<PReLU>
{
    /// <summary>Describes the layer.</summary>
    /// <param name="slope">Factors for negative values [channels]. A single slope for all channels is given once for each.</param>
    /// <exception cref="ArgumentException">The tensor is no vector.</exception>
    public PReLU(Tensor slope)
    {
        ArgumentNullException.ThrowIfNull(slope);
        if (slope.Rank != 1 || slope.Length == 0)
            throw new ArgumentException($"Expected slopes of shape [channels], found {slope}.", nameof(slope));
        Slope = slope;
    }

    /// <summary>Factors for negative values [channels].</summary>
    public Tensor Slope { get; }

    /// <summary>Number of channels.</summary>
    public int Channels => Slope.Length;

    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Keep;

    /// <inheritdoc/>
    public override string Signature => Kind;

    /// <inheritdoc/>
    public override IReadOnlyList<LayerParameter> Parameters => [new("weight", ParameterRole.Coefficient, Slope, ParameterAxis.Channel)];

    private protected override Layer Remake(ReadOnlySpan<Tensor?> values) => new PReLU(values[0]!);

    static PReLU IStoredLayer<PReLU>.Read(LayerReader reader) => new(reader.ReadTensor());
}
