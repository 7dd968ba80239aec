namespace ZipIt.Networks;

/// <summary>What a network costs: multiply-adds per image and stored parameters.</summary>
/// <param name="MultiplyAdds">
/// Multiply-adds of all Conv and Linear layers for one image; normalization, activations, pooling and additions are not counted. This is the
/// convention of the tables in the ZipIt paper (ResNet-50 at 224 px: 4.11 G).
/// </param>
/// <param name="Parameters">Learnt numbers: weights and biases of Conv, Linear and BatchNorm layers; running statistics are not counted.</param>
public readonly record struct NetworkCost(long MultiplyAdds, long Parameters)
{
    /// <summary>Counts a network.</summary>
    public static NetworkCost Of(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        long multiplyAdds = 0, parameters = 0;
        foreach (Node node in network.Nodes)
        {
            multiplyAdds += CountMultiplyAdds(network, node);
            parameters += node.Layer switch
            {
                Conv2d conv => conv.Weight.Length + (conv.Bias?.Length ?? 0),
                Linear linear => linear.Weight.Length + (linear.Bias?.Length ?? 0),
                BatchNorm2d norm => 2 * norm.Channels,
                _ => 0,
            };
        }

        return new NetworkCost(multiplyAdds, parameters);
    }

    /// <summary>Multiply-adds of one node for one image.</summary>
    public static long CountMultiplyAdds(Network network, Node node)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(node);
        switch (node.Layer)
        {
            case Conv2d conv:
                ReadOnlySpan<int> shape = network.ShapeOf(node);
                return (long)conv.Weight.Length * shape[1] * shape[2];
            case Linear linear:
                return linear.Weight.Length;
            default:
                return 0;
        }
    }
}
