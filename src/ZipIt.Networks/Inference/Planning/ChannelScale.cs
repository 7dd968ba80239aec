using ZipIt.Numerics;


namespace ZipIt.Networks;

/// <summary>One multiplication and one addition per channel, possibly the product of several layers.</summary>
internal sealed class ChannelScale
{
    private ChannelScale(double[] scale, double[] shift)
    {
        Scale = ToBuffer(scale);
        Shift = ToBuffer(shift);
    }

    /// <summary>Factors [channels].</summary>
    public AlignedBuffer Scale { get; }

    /// <summary>Summands [channels].</summary>
    public AlignedBuffer Shift { get; }

    /// <summary>The product of layers that follow each other; null if there are none.</summary>
    public static ChannelScale? Of(IReadOnlyList<IAffineLayer> layers)
    {
        if (layers.Count == 0)
            return null;
        (double[] scale, double[] shift) = Multiply(layers, layers[0].Channels);
        return new ChannelScale(scale, shift);
    }

    /// <summary>The same as doubles; ones and zeros if there are no layers.</summary>
    public static (double[] Scale, double[] Shift) Multiply(IReadOnlyList<IAffineLayer> layers, int channels)
    {
        var scale = new double[channels];
        var shift = new double[channels];
        Array.Fill(scale, 1);
        foreach (IAffineLayer layer in layers)
        {
            for (int c = 0; c < channels; c++)
            {
                (double s, double t) = layer.GetAffine(c);
                (scale[c], shift[c]) = (scale[c] * s, shift[c] * s + t);
            }
        }

        return (scale, shift);
    }

    /// <summary>The values in single precision.</summary>
    public static AlignedBuffer ToBuffer(double[] values)
    {
        var buffer = AlignedBuffer.Zeros(values.Length);
        for (int i = 0; i < values.Length; i++)
            buffer.Span[i] = (float)values[i];
        return buffer;
    }
}
