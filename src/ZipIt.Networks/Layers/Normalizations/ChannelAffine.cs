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
    /// <param name="mean">Mean of each channel in units of <paramref name="range"/>, from 0 to 1, as PyTorch's <c>transforms.Normalize</c> takes it.</param>
    /// <param name="deviation">Standard deviation of each channel in units of <paramref name="range"/>, from 1/512 to 1.</param>
    /// <param name="range">Value of a full pixel: 255, or 1 for pixels that are scaled already.</param>
    /// <exception cref="ArgumentException">
    /// Mean and deviation differ in length, the range is not positive, or a mean or a deviation is none of pixels of that range; the message says which.
    /// </exception>
    public static ChannelAffine FromNormalization(ReadOnlySpan<double> mean, ReadOnlySpan<double> deviation, double range = 255)
    {
        const double SmallestDeviation = 1.0 / 512;
        if (mean.Length != deviation.Length || mean.Length == 0)
            throw new ArgumentException($"Expected as many deviations as means, found {deviation.Length} and {mean.Length}.", nameof(deviation));
        if (!(range > 0 && double.IsFinite(range)))
            throw new ArgumentException($"Expected a positive range, found {range}.", nameof(range));
        var scale = new Tensor(mean.Length);
        var shift = new Tensor(mean.Length);
        for (int c = 0; c < mean.Length; c++)
        {
            if (!(mean[c] is >= 0 and <= 1))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Expected a mean from 0 to 1, in units of the range of {range}, found {mean[c]} for channel {c}.")
                    + Hint(mean[c]), nameof(mean));
            }

            if (!(deviation[c] is >= SmallestDeviation and <= 1))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Expected a deviation from 1/512 to 1, in units of the range of {range}, found {deviation[c]} for channel {c}.") + Hint(deviation[c]),
                    nameof(deviation));
            }

            scale.Span[c] = (float)(1 / (range * deviation[c]));
            shift.Span[c] = (float)(-mean[c] / deviation[c]);
        }

        return new ChannelAffine(scale, shift);
    }

    /// <summary>The mistake that is made most often: values of 0–255 where those of 0–1 belong, or divided by 255 once more.</summary>
    private static string Hint(double value) => value > 1 ? " Values for pixels of 0–255 are divided by 255." : value is > 0 and < 0.01
        ? " Has it been divided by 255 twice?" : "";

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
