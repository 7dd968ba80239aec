using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>Weights and biases of a Conv or Linear layer with the normalizations behind it multiplied in, in double precision.</summary>
internal sealed class FoldedWeights
{
    private readonly Tensor _weight;
    private readonly double[] _scale;
    private readonly double[] _bias;
    private readonly int _size;

    /// <summary>Folds normalizations into a layer.</summary>
    /// <param name="weight">Weights [outputs, inputs / groups, kernel height, kernel width] or [outputs, inputs].</param>
    /// <param name="bias">Biases [outputs], or null for none.</param>
    /// <param name="normalizations">Normalizations of the outputs, in their order.</param>
    public FoldedWeights(Tensor weight, Tensor? bias, params IReadOnlyList<IAffineLayer> normalizations)
    {
        _weight = weight;
        _size = weight.Length / weight[0];
        (_scale, _bias) = ChannelScale.Multiply(normalizations, weight[0]);
        for (int n = 0; n < weight[0]; n++)
            _bias[n] = _scale[n] * (bias?.Span[n] ?? 0) + _bias[n];
    }

    /// <summary>Biases [outputs] in single precision.</summary>
    public AlignedBuffer Bias => ChannelScale.ToBuffer(_bias);

    /// <summary>Bias of one output.</summary>
    public double GetBias(int output) => _bias[output];

    /// <summary>Writes the weights of one output, in the layer's order.</summary>
    public void CopyOutput(int output, Span<double> target)
    {
        ReadOnlySpan<float> source = _weight.Span.Slice(output * _size, _size);
        for (int i = 0; i < source.Length; i++)
            target[i] = source[i] * _scale[output];
    }

    /// <summary>Weights and biases in single precision.</summary>
    public (Tensor Weight, Tensor Bias) ToTensors()
    {
        var weight = new Tensor(_weight.Shape);
        var bias = new Tensor(_bias.Length);
        var row = new double[_size];
        for (int n = 0; n < _bias.Length; n++)
        {
            CopyOutput(n, row);
            for (int i = 0; i < _size; i++)
                weight.Span[n * _size + i] = (float)row[i];
            bias.Span[n] = (float)_bias[n];
        }

        return (weight, bias);
    }
}
