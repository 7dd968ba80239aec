using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// What each channel of a feature space matters to the layers that read it: the Euclidean norm of all weights that are applied to it, with the scale of a
/// batch normalization behind the reader folded in.
/// </summary>
/// <param name="networks">The members' networks.</param>
internal sealed class FeatureImportance(IReadOnlyList<Network> networks)
{
    private readonly FeatureSpaces[] _spaces = [.. networks.Select(FeatureSpaces.Find)];
    private readonly IReadOnlyList<IReadOnlyList<Node>>[] _consumers = [.. networks.Select(network => network.FindConsumers())];

    /// <summary>How much each output of a member's layer counts (squared); null where all count alike.</summary>
    public delegate double[]? OutputWeights(int member, Node reader);

    /// <summary>Computes one norm per feature of one space.</summary>
    /// <param name="nodeOf">A node of each member whose value is the space's.</param>
    /// <param name="outputWeights">How much the readers' outputs count; null for all alike.</param>
    /// <returns>Norms [features of all members].</returns>
    public double[] Compute(Func<int, Node> nodeOf, OutputWeights? outputWeights = null) =>
        [.. Enumerable.Range(0, networks.Count).SelectMany(m => Compute(m, _spaces[m][_spaces[m].LayoutOf(nodeOf(m))[0].Space], outputWeights))];

    private IEnumerable<double> Compute(int member, FeatureSpace space, OutputWeights? outputWeights)
    {
        var squares = new double[space.Width];
        foreach (Node reader in space.Readers)
        {
            double[]? scales = _consumers[member][networks[member].IndexOf(reader)] is [{ Layer: BatchNorm2d norm }]
                ? [.. Enumerable.Range(0, norm.Channels).Select(c => norm.GetAffine(c).Scale)]
                : null;
            double[]? weights = outputWeights?.Invoke(member, reader);
            int start = 0;
            foreach (ChannelSegment segment in _spaces[member].LayoutOf(reader.Inputs[0]))
            {
                if (segment.Space == space.Index)
                    AddSquares(reader.Layer, start, segment, scales, weights, squares);
                start += segment.Length;
            }
        }

        return squares.Select(Math.Sqrt);
    }

    private static void AddSquares(Layer reader, int start, ChannelSegment segment, double[]? scales, double[]? weights, double[] squares)
    {
        // Grouped convolutions see a part of the channels each; spaces that they read are not merged.
        if (reader.Parameters.FirstOrDefault(parameter => parameter.InputAxis is not null) is not { Value: { } weight, OutputAxis: 0, InputAxis: 1 })
            throw new InvalidOperationException($"A {reader.Kind} has no weights [outputs, inputs, …] of all channels to tell importance by.");
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
}
