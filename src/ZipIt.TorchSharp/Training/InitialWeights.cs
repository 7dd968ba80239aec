using ZipIt.Networks;

namespace ZipIt.TorchSharp;

/// <summary>Weights to begin a training with.</summary>
internal static class InitialWeights
{
    /// <summary>
    /// Draws convolutions from a normal distribution of variance 2 / (outputs · taps) (He et al. 2015, eq. 14), fully connected layers uniformly between
    /// ±1/√inputs; biases are 0, normalizations do nothing.
    /// </summary>
    public static Network Draw(Network network, int seed)
    {
        var random = new Random(seed);
        return network.Replace(node => node.Layer switch
        {
            Conv2d conv => conv.With(DrawNormal(random, conv.Weight, Math.Sqrt(2.0 / FanOut(conv))), Fill(conv.Bias, 0)),
            Linear linear => new Linear(DrawUniform(random, linear.Weight, 1 / Math.Sqrt(linear.Inputs)), Fill(linear.Bias, 0)),
            BatchNorm2d norm => new BatchNorm2d(Fill(norm.Weight, 1)!, Fill(norm.Bias, 0)!, Fill(norm.Mean, 0)!, Fill(norm.Variance, 1)!, norm.Epsilon),
            Layer other => other,
        });
    }

    /// <summary>Number of outputs that an input contributes to.</summary>
    private static double FanOut(Conv2d conv) => (double)conv.OutputChannels / conv.Groups * conv.Kernel.Height * conv.Kernel.Width;

    private static Tensor DrawNormal(Random random, Tensor shape, double deviation)
    {
        var drawn = new Tensor(shape.Shape);
        foreach (ref float value in drawn.Span)
            value = (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return drawn;
    }

    private static Tensor DrawUniform(Random random, Tensor shape, double bound)
    {
        var drawn = new Tensor(shape.Shape);
        foreach (ref float value in drawn.Span)
            value = (float)(bound * (2 * random.NextDouble() - 1));
        return drawn;
    }

    private static Tensor? Fill(Tensor? shape, float value)
    {
        if (shape is null)
            return null;
        var filled = new Tensor(shape.Shape);
        filled.Span.Fill(value);
        return filled;
    }
}
