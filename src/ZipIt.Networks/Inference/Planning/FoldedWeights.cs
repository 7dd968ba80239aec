using ZipIt.Numerics;


namespace ZipIt.Networks;

/// <summary>Weights and biases of a Conv or Linear layer with the normalizations behind it multiplied in, in double precision.</summary>
internal sealed class FoldedWeights
{
    private readonly Tensor _weight;
    private readonly double[] _scale;
    private readonly int _size;

    /// <summary>Folds normalizations into a layer.</summary>
    /// <param name="weight">Weights [outputs, inputs / groups, kernel height, kernel width] or [outputs, inputs].</param>
    /// <param name="bias">Biases [outputs], or null for none.</param>
    /// <param name="normalizations">Normalizations of the outputs, in their order.</param>
    public FoldedWeights(Tensor weight, Tensor? bias, IReadOnlyList<Layer> normalizations)
    {
        _weight = weight;
        _size = weight.Length / weight[0];
        (_scale, double[] shift) = ChannelScale.Multiply(normalizations, weight[0]);
        Bias = AlignedBuffer.Zeros(weight[0]);
        for (int n = 0; n < weight[0]; n++)
            Bias.Span[n] = (float)(_scale[n] * (bias?.Span[n] ?? 0) + shift[n]);
    }

    /// <summary>Biases [outputs].</summary>
    public AlignedBuffer Bias { get; }

    /// <summary>Writes the weights of one output, in the layer's order.</summary>
    public void CopyOutput(int output, Span<double> target)
    {
        ReadOnlySpan<float> source = _weight.Span.Slice(output * _size, _size);
        for (int i = 0; i < source.Length; i++)
            target[i] = source[i] * _scale[output];
    }
}
