using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// What each channel of a feature space matters to the layers that read it: the Euclidean norm of all weights that are applied to it, with the scale of a
/// batch normalization behind the reader folded in.
/// </summary>
internal static class FeatureImportance
{
    /// <summary>Computes one norm per channel.</summary>
    /// <param name="spaces">Feature spaces of the network.</param>
    /// <param name="space">One of them.</param>
    /// <param name="outputWeights">For a reader how much each of its outputs counts (squared); null where all count alike.</param>
    /// <returns>Norms [<see cref="FeatureSpace.Width"/>].</returns>
    public static double[] Compute(FeatureSpaces spaces, FeatureSpace space, Func<Node, double[]?>? outputWeights = null)
    {
        var squares = new double[space.Width];
        IReadOnlyList<IReadOnlyList<Node>> consumers = spaces.Network.FindConsumers();
        foreach (Node reader in space.Readers)
        {
            double[]? scales = consumers[spaces.Network.IndexOf(reader)] is [{ Layer: BatchNorm2d norm }] ? ToScales(norm) : null;
            double[]? weights = outputWeights?.Invoke(reader);
            int start = 0;
            foreach (ChannelSegment segment in spaces.LayoutOf(reader.Inputs[0]))
            {
                if (segment.Space == space.Index)
                    AddSquares(reader.Layer, start, segment, scales, weights, squares);
                start += segment.Length;
            }
        }

        return [.. squares.Select(Math.Sqrt)];
    }

    private static void AddSquares(Layer reader, int start, ChannelSegment segment, double[]? scales, double[]? weights, double[] squares)
    {
        // Grouped convolutions see a part of the channels each; spaces that they read are not merged.
        Tensor weight = reader switch
        {
            Conv2d { Groups: 1 } conv => conv.Weight,
            Linear linear => linear.Weight,
            _ => throw new InvalidOperationException($"A {reader.Kind} with groups has no importance."),
        };
        int inputs = weight[1], taps = weight.Length / (weight[0] * inputs);
        for (int o = 0; o < weight[0]; o++)
        {
            double scale = (scales is null ? 1 : scales[o] * scales[o]) * (weights?[o] ?? 1);
            for (int i = 0; i < segment.Length; i++)
            {
                double sum = 0;
                foreach (float value in weight.Span.Slice((o * inputs + start + i) * taps, taps))
                    sum += (double)value * value;
                squares[i / segment.Repeats] += scale * sum;
            }
        }
    }

    private static double[] ToScales(BatchNorm2d norm)
    {
        var scales = new double[norm.Channels];
        for (int c = 0; c < scales.Length; c++)
            scales[c] = norm.Weight.Span[c] / Math.Sqrt((double)norm.Variance.Span[c] + norm.Epsilon);
        return scales;
    }
}
