namespace ZipIt.Networks;

/// <summary>
/// Reads gathered channels where they came from: Σᵢ W[n, i]·x[sources[i]] = Σⱼ (Σ of W[n, i] over sources[i] = j)·x[j].
/// </summary>
internal static class GatherFolding
{
    /// <summary>Whether a layer can take in a gather of its input, and does not get more expensive by it.</summary>
    public static bool Pays(Layer reader, ChannelGather gather, int sourceChannels) =>
        reader is Conv2d { Groups: 1 } or Linear && sourceChannels <= gather.Sources.Length;

    /// <summary>The layer that reads the gather's input.</summary>
    public static Layer Fold(Layer reader, ChannelGather gather, int sourceChannels)
    {
        if (reader is Linear linear)
            return new Linear(Fold(linear.Weight, 1, gather, sourceChannels).Reshape(linear.Outputs, sourceChannels), linear.Bias);
        var conv = (Conv2d)reader;
        Tensor weight = Fold(conv.Weight, conv.Kernel.Height * conv.Kernel.Width, gather, sourceChannels);
        return conv.With(weight.Reshape(conv.OutputChannels, sourceChannels, conv.Kernel.Height, conv.Kernel.Width), conv.Bias);
    }

    private static Tensor Fold(Tensor weight, int taps, ChannelGather gather, int sourceChannels)
    {
        int outputs = weight[0];
        ReadOnlySpan<int> sources = gather.Sources;
        var folded = new Tensor(outputs, sourceChannels, taps);
        for (int n = 0; n < outputs; n++)
        {
            for (int i = 0; i < sources.Length; i++)
            {
                for (int tap = 0; tap < taps; tap++)
                    folded.Span[(n * sourceChannels + sources[i]) * taps + tap] += weight.Span[(n * sources.Length + i) * taps + tap];
            }
        }

        return folded;
    }
}
