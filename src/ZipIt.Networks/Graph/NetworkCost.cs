namespace ZipIt.Networks;

/// <summary>What a network costs: multiply-adds per image and stored parameters.</summary>
/// <param name="MultiplyAdds">
/// Multiply-adds of all Conv and Linear layers for one image; normalization, activations, pooling and additions are not counted. This is the
/// convention of the tables in the ZipIt paper (ResNet-50 at 224 px: 4.11 G).
/// </param>
/// <param name="Parameters">Learnt numbers, e.g. weights and biases of Conv, Linear and BatchNorm layers; running statistics and constants are not
/// counted.</param>
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
            parameters += node.Layer.Parameters.Where(parameter => parameter.Role.IsLearnt()).Sum(parameter => (long)(parameter.Value?.Length ?? 0));
        }

        return new NetworkCost(multiplyAdds, parameters);
    }

    /// <summary>Multiply-adds of one node for one image.</summary>
    public static long CountMultiplyAdds(Network network, Node node)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(node);
        return node.Layer.CountMultiplyAdds(node.Inputs.Count == 0 ? [] : network.ShapeOf(node.Inputs[0]), network.ShapeOf(node));
    }
}
