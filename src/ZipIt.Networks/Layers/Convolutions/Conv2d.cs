namespace ZipIt.Networks;

/// <summary>
/// Two-dimensional convolution (cross-correlation, as every deep-learning library defines it) with zero padding:
/// [<see cref="InputChannels"/>, h, w] → [<see cref="OutputChannels"/>, h', w'], h' = ⌊(h + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
/// </summary>
public sealed record Conv2d : Layer, IStoredLayer<Conv2d>
{
    /// <summary>Describes a convolution.</summary>
    /// <param name="weight">Weights [output channels, input channels / groups, kernel height, kernel width].</param>
    /// <param name="bias">Bias [output channels], or null for none.</param>
    /// <exception cref="ArgumentException">Weight or bias has the wrong shape for the number of groups.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Stride, dilation or groups is not positive, or padding is negative.</exception>
    public Conv2d(Tensor weight, Tensor? bias = null, Size2? stride = null, Size2? padding = null, Size2? dilation = null, int groups = 1)
    {
        ArgumentNullException.ThrowIfNull(weight);
        Stride = stride ?? 1;
        Padding = padding ?? 0;
        Dilation = dilation ?? 1;
        Groups = groups;
        if (weight.Rank != 4 || weight.Length == 0)
            throw new ArgumentException($"Expected convolution weights of shape [outputs, inputs, height, width], found {weight}.", nameof(weight));
        if (Stride.Height < 1 || Stride.Width < 1)
            throw new ArgumentOutOfRangeException(nameof(stride), $"Expected a positive stride, found {Stride}.");
        if (Padding.Height < 0 || Padding.Width < 0)
            throw new ArgumentOutOfRangeException(nameof(padding), $"Expected a padding of at least 0, found {Padding}.");
        if (Dilation.Height < 1 || Dilation.Width < 1)
            throw new ArgumentOutOfRangeException(nameof(dilation), $"Expected a positive dilation, found {Dilation}.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groups);
        if (weight[0] % groups != 0)
            throw new ArgumentException($"{weight[0]} output channels cannot be split into {groups} groups.", nameof(weight));
        if (bias is not null)
            CheckVector(bias, weight[0], nameof(bias));
        Weight = weight;
        Bias = bias;
    }

    /// <summary>Weights [output channels, input channels / groups, kernel height, kernel width].</summary>
    public Tensor Weight { get; }

    /// <summary>Bias [output channels], or null for none.</summary>
    public Tensor? Bias { get; }

    /// <summary>Distance between neighbouring windows in pixels.</summary>
    public Size2 Stride { get; }

    /// <summary>Zeros added on each side in pixels.</summary>
    public Size2 Padding { get; }

    /// <summary>Distance between neighbouring kernel taps in pixels.</summary>
    public Size2 Dilation { get; }

    /// <summary>Number of groups; equal to the number of input channels for a depthwise convolution.</summary>
    public int Groups { get; }

    /// <summary>Number of output channels.</summary>
    public int OutputChannels => Weight[0];

    /// <summary>Number of input channels over all groups.</summary>
    public int InputChannels => Weight[1] * Groups;

    /// <summary>Extent of the kernel in taps.</summary>
    public Size2 Kernel => new(Weight[2], Weight[3]);

    /// <summary>Whether every channel is convolved alone, with one kernel each.</summary>
    public bool IsDepthwise => Groups > 1 && Groups == InputChannels && Groups == OutputChannels;

    /// <inheritdoc/>
    public override ChannelFlow Flow => IsDepthwise ? ChannelFlow.Keep : Groups > 1 ? ChannelFlow.MixInGroups : ChannelFlow.Mix;

    /// <inheritdoc/>
    public override string Signature =>
        $"{Kind} {Kernel}, stride {Stride}, padding {Padding}, dilation {Dilation}, {(IsDepthwise ? "depthwise" : $"groups {Groups}")}";

    /// <inheritdoc/>
    public override IReadOnlyList<LayerParameter> Parameters
    {
        get
        {
            ParameterAxis output = IsDepthwise ? ParameterAxis.Channel : ParameterAxis.Output;
            ParameterAxis input = Groups > 1 ? ParameterAxis.None : ParameterAxis.Input;
            return
            [
                new("weight", ParameterRole.Weight, Weight, output, input, ParameterAxis.None, ParameterAxis.None),
                new("bias", ParameterRole.Bias, Bias, output) { IsOptional = true },
            ];
        }
    }

    /// <summary>The same convolution with other weights; a depthwise one has as many groups as they have channels.</summary>
    public Conv2d With(Tensor weight, Tensor? bias) => new(weight, bias, Stride, Padding, Dilation, IsDepthwise ? weight[0] : Groups);

    private protected override Layer Remake(ReadOnlySpan<Tensor?> values) => With(values[0]!, values[1]);

    static Conv2d IStoredLayer<Conv2d>.Read(LayerReader reader) =>
        new(reader.ReadTensor(), reader.ReadOptionalTensor(), reader.ReadSize(), reader.ReadSize(), reader.ReadSize(), reader.ReadInt32());

    void IStoredLayer.WriteAttributes(LayerWriter writer)
    {
        writer.WriteSize(Stride);
        writer.WriteSize(Padding);
        writer.WriteSize(Dilation);
        writer.WriteInt32(Groups);
    }
}
