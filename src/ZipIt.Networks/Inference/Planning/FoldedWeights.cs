using ZipIt.Networks.Kernels;

namespace ZipIt.Networks;

/// <summary>Weights and biases of a Conv or Linear layer into which the normalizations behind it were multiplied, in double precision.</summary>
internal sealed class FoldedWeights
{
    private FoldedWeights(float[] values, AlignedBuffer bias) => (Values, Bias) = (values, bias);

    /// <summary>Weights in the layer's own order: [outputs, inputs / groups, kernel height, kernel width].</summary>
    public float[] Values { get; }

    /// <summary>Biases [outputs].</summary>
    public AlignedBuffer Bias { get; }

    /// <summary>Multiplies the weights of each output by its factor.</summary>
    public static FoldedWeights Of(Tensor weight, Tensor? bias, IReadOnlyList<Layer> normalizations)
    {
        int outputs = weight[0];
        int size = weight.Length / outputs;
        (double[] scale, double[] shift) = ChannelScale.Multiply(normalizations, outputs);
        var values = new float[weight.Length];
        var biases = AlignedBuffer.Zeros(outputs);
        ReadOnlySpan<float> source = weight.Span;
        for (int n = 0; n < outputs; n++)
        {
            for (int i = n * size; i < (n + 1) * size; i++)
                values[i] = (float)(source[i] * scale[n]);
            biases.Span[n] = (float)(scale[n] * (bias?.Span[n] ?? 0) + shift[n]);
        }

        return new FoldedWeights(values, biases);
    }
}
