using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>The layer between the pixels of an image and the rest of a network.</summary>
internal static class FirstLayer
{
    /// <summary>The network with a layer between its input and all nodes that take it.</summary>
    /// <exception cref="ArgumentException">The layer has another number of channels than the input.</exception>
    public static Network Insert(Network network, ChannelAffine layer)
    {
        string name = "normalization";
        while (network.Contains(name))
            name += "_";
        var copies = new Dictionary<Node, Node>(ReferenceEqualityComparer.Instance);
        foreach (Node node in network.Nodes)
        {
            copies[node] = node.Layer is Input
                ? new Node(name, layer, node)
                : new Node(node.Name, node.Layer, [.. node.Inputs.Select(input => copies[input])]);
        }

        return new Network([.. network.Heads.Select(head => new Head(head.Name, copies[head.Node]))]);
    }

    /// <summary>Whether both networks do the same to the pixels before their first other layer.</summary>
    public static bool IsSame(Network first, Network second) => Find(first) is { } own
        ? Find(second) is { } other && own.Scale.Span.SequenceEqual(other.Scale.Span) && own.Shift.Span.SequenceEqual(other.Shift.Span)
        : Find(second) is null;

    private static ChannelAffine? Find(Network network) =>
        network.Nodes.FirstOrDefault(node => node.Layer is ChannelAffine && node.Inputs[0].Layer is Input)?.Layer as ChannelAffine;
}
