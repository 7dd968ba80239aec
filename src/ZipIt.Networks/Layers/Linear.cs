namespace ZipIt.Networks;

/// <summary>Fully connected layer on a vector: y = W·x + b, [inputs] → [outputs].</summary>
public sealed record Linear : Layer, IStoredLayer<Linear>
{
    /// <summary>Describes a fully connected layer.</summary>
    /// <param name="weight">Weights [outputs, inputs].</param>
    /// <param name="bias">Bias [outputs], or null for none.</param>
    /// <exception cref="ArgumentException">Weight or bias has the wrong shape.</exception>
    public Linear(Tensor weight, Tensor? bias = null)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.Rank != 2 || weight.Length == 0)
            throw new ArgumentException($"Expected weights of shape [outputs, inputs], found {weight}.", nameof(weight));
        if (bias is not null)
            CheckVector(bias, weight[0], nameof(bias));
        Weight = weight;
        Bias = bias;
    }

    /// <summary>Weights [outputs, inputs].</summary>
    public Tensor Weight { get; }

    /// <summary>Bias [outputs], or null for none.</summary>
    public Tensor? Bias { get; }

    /// <summary>Number of outputs.</summary>
    public int Outputs => Weight[0];

    /// <summary>Number of inputs.</summary>
    public int Inputs => Weight[1];

    /// <inheritdoc/>
    public override ChannelFlow Flow => ChannelFlow.Mix;

    /// <inheritdoc/>
    public override string Signature => Kind;

    /// <inheritdoc/>
    public override IReadOnlyList<LayerParameter> Parameters =>
    [
        new("weight", ParameterRole.Weight, Weight, ParameterAxis.Output, ParameterAxis.Input),
        new("bias", ParameterRole.Bias, Bias, ParameterAxis.Output) { IsOptional = true },
    ];

    private protected override Layer Remake(ReadOnlySpan<Tensor?> values) => new Linear(values[0]!, values[1]);

    static Linear IStoredLayer<Linear>.Read(LayerReader reader) => new(reader.ReadTensor(), reader.ReadOptionalTensor());
}
