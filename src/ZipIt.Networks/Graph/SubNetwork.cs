namespace ZipIt.Networks;

/// <summary>Cuts a part out of a graph: from values that are known to values that are wanted.</summary>
internal static class SubNetwork
{
    /// <summary>Makes a network that computes some nodes from others.</summary>
    /// <param name="wanted">The nodes to compute; they become outputs "0", "1", …, in this order. None of them may be known.</param>
    /// <param name="shapeOfKnown">Shape of a node's value ([channels, height, width] or [features]) if it is known, otherwise null.</param>
    /// <returns>The network, and for each of its inputs the known node whose value it takes; a vector of n features enters as a map [n, 1, 1].</returns>
    /// <exception cref="ArgumentException">No node is wanted, or a wanted node needs an input of the graph that is not known.</exception>
    public static (Network Network, IReadOnlyList<Node> Sources) Extract(IReadOnlyList<Node> wanted, Func<Node, int[]?> shapeOfKnown)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(shapeOfKnown);
        var rewriter = new NetworkRewriter([.. wanted.Select((node, i) => new Head($"{i}", node))]);
        var sourceOf = new Dictionary<Node, Node>(ReferenceEqualityComparer.Instance);
        var seen = new HashSet<Node>(ReferenceEqualityComparer.Instance);
        var path = new Stack<Node>(wanted);
        while (path.TryPop(out Node? node))
        {
            if (!seen.Add(node))
                continue;
            if (shapeOfKnown(node) is { } shape)
            {
                rewriter.Splice(node, EnterAt(node, shape, sourceOf));
                continue;
            }

            if (node.Layer is Input)
                throw new ArgumentException($"The input '{node.Name}' is needed, but its value is not known.", nameof(shapeOfKnown));
            foreach (Node input in node.Inputs)
                path.Push(input);
        }

        Network network = rewriter.ToNetwork();
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
