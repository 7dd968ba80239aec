using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Cuts a part out of a network: from values that are known to values that are wanted.</summary>
internal static class SubNetwork
{
    /// <summary>Makes a network that computes some nodes from others.</summary>
    /// <param name="wanted">The nodes to compute; they become outputs, in this order. None of them may be known.</param>
    /// <param name="shapeOfKnown">Shape of a node's value if it is known, otherwise null.</param>
    /// <returns>The network, and the known nodes that its inputs stand for.</returns>
    public static (Network Network, IReadOnlyList<Node> Sources) Extract(IReadOnlyList<Node> wanted, Func<Node, int[]?> shapeOfKnown)
    {
        var copies = new Dictionary<Node, Node>(ReferenceEqualityComparer.Instance);
        var sourceOf = new Dictionary<Node, Node>(ReferenceEqualityComparer.Instance);
        var path = new Stack<Node>();
        foreach (Node node in wanted)
            path.Push(node);
        while (path.TryPop(out Node? node))
        {
            if (copies.ContainsKey(node))
                continue;
            if (shapeOfKnown(node) is { } shape)
            {
                copies[node] = EnterAt(node, shape, sourceOf);
                continue;
            }

            Node[] missing = [.. node.Inputs.Where(input => !copies.ContainsKey(input))];
            if (missing.Length == 0)
            {
                copies[node] = new Node(node.Name, node.Layer, [.. node.Inputs.Select(input => copies[input])]);
                continue;
            }

            path.Push(node);
            foreach (Node input in missing)
                path.Push(input);
        }

        var network = new Network([.. wanted.Select((node, i) => new Head($"{i}", copies[node]))]);
        return (network, [.. network.Inputs.Select(input => sourceOf[input])]);
    }

    /// <summary>An input node in the place of a known node; a vector enters as a map of one pixel.</summary>
    private static Node EnterAt(Node node, int[] shape, Dictionary<Node, Node> sourceOf)
    {
        Input layer = shape.Length == 3 ? new Input(shape[0], shape[1], shape[2]) : new Input(shape[0], 1, 1);
        var input = new Node(node.Name, layer);
        sourceOf[input] = node;
        return shape.Length == 3 ? input : new Node($"{node.Name}.vector", new Flatten(), input);
    }
}
