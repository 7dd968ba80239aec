using ZipIt.Networks;

namespace ZipIt.Tool.Commands;

/// <summary>The depth of a network, as cuts count it.</summary>
internal static class LayerCount
{
    /// <summary>Number of Conv and Linear layers on the longest path from the input, shortcuts not counted: the 20 of a ResNet-20.</summary>
    public static int Of(Network network)
    {
        var depth = new Dictionary<Node, int>();
        foreach (Node node in network.Nodes)
            depth[node] = node.Inputs.Select(input => depth[input]).DefaultIfEmpty().Max() + (node.Layer.HasWeights ? 1 : 0);
        return depth.Values.Max();
    }
}
