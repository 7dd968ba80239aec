namespace ZipIt.Networks;

/// <summary>
/// One multiplication and one addition per channel: y = scale·x + shift, [channels, h, w] → the same. The usual first layer: it turns
/// pixels of 0–255 into normalized ones.
/// </summary>
public sealed record ChannelAffine : Layer, IAffineLayer, IStoredLayer<ChannelAffine>
{
    /// <summary>Describes the layer.</summary>
    /// <param name="scale">Factors [channels].</param>
    /// <param name="shift">Summands [channels].</param>
    /// <exception cref="ArgumentException">The tensors are not vectors of one length.</exception>
    public ChannelAffine(Tensor scale, Tensor shift)
    {
        ArgumentNullException.ThrowIfNull(scale);
        ArgumentNullException.ThrowIfNull(shift);
        if (scale.Rank != 1 || scale.Length == 0)
            throw new ArgumentException($"Expected a scale of shape [channels], found {scale}.", nameof(scale));
        CheckVector(shift, scale.Length, nameof(shift));
        (Scale, Shift) = (scale, shift);
    }

    /// <summary>Factors [channels].</summary>
    public Tensor Scale { get; }

    /// <summary>Summands [channels].</summary>
    public Tensor Shift { get; }

    /// <summary>Number of channels.</summary>
    public int Channels => Scale.Length;

    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Keep;

    /// <inheritdoc/>
    public override string Signature => Kind;

    /// <inheritdoc/>
    public override IReadOnlyList<LayerParameter> Parameters =>
    [
        new("scale", ParameterRole.Constant, Scale, ParameterAxis.Channel),
        new("shift", ParameterRole.Constant, Shift, ParameterAxis.Channel),
    ];

    /// <summary>The layer that normalizes pixels: y = (x/<paramref name="range"/> − mean)/deviation per channel.</summary>
    /// <param name="mean">Mean of each channel in units of <paramref name="range"/> (0 … 1).</param>
    /// <param name="deviation">Standard deviation of each channel in units of <paramref name="range"/>; positive.</param>
    /// <param name="range">Value of a full pixel: 255, or 1 for pixels that are scaled already.</param>
    /// <exception cref="ArgumentException">Mean and deviation differ in length, or a deviation is not positive.</exception>
    public static ChannelAffine FromNormalization(ReadOnlySpan<double> mean, ReadOnlySpan<double> deviation, double range = 255)
    {
        if (mean.Length != deviation.Length || mean.Length == 0)
            throw new ArgumentException($"Expected as many deviations as means, found {deviation.Length} and {mean.Length}.", nameof(deviation));
        var scale = new Tensor(mean.Length);
        var shift = new Tensor(mean.Length);
        for (int c = 0; c < mean.Length; c++)
        {
            if (!(deviation[c] > 0 && double.IsFinite(mean[c])))
                throw new ArgumentException($"Expected a finite mean and a positive deviation, found {mean[c]} and {deviation[c]} for channel {c}.", nameof(deviation));
            scale.Span[c] = (float)(1 / (range * deviation[c]));
            shift.Span[c] = (float)(-mean[c] / deviation[c]);
        }

        return new ChannelAffine(scale, shift);
    }

    /// <summary>A layer's multiplication and addition per channel, rounded to single precision.</summary>
    /// <param name="layer">For example a batch normalization.</param>
    public static ChannelAffine Of(IAffineLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        var scale = new Tensor(layer.Channels);
        var shift = new Tensor(layer.Channels);
        for (int c = 0; c < layer.Channels; c++)
        {
            (double factor, double summand) = layer.GetAffine(c);
            (scale.Span[c], shift.Span[c]) = ((float)factor, (float)summand);
        }

        return new ChannelAffine(scale, shift);
    }

    /// <inheritdoc/>
    public (double Scale, double Shift) GetAffine(int channel) => (Scale.Span[channel], Shift.Span[channel]);

    private protected override Layer Remake(ReadOnlySpan<Tensor?> values) => new ChannelAffine(values[0]!, values[1]!);

    static ChannelAffine IStoredLayer<ChannelAffine>.Read(LayerReader reader) => new(reader.ReadTensor(), reader.ReadTensor());
}
