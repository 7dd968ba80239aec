using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>The network as far as it has been read: its nodes' names and shapes.</summary>
internal sealed class ImportGraph
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<Node, int[]> _shapes = new(ReferenceEqualityComparer.Instance);

    /// <summary>Shape of a node's value for one image.</summary>
    public int[] ShapeOf(Node node) => _shapes[node];

    /// <summary>Adds a node. If its name is taken, it gets a number behind it.</summary>
    /// <exception cref="ArgumentException">The layer does not fit its inputs.</exception>
    public Node Add(string name, Layer layer, params Node[] inputs)
    {
        string free = name;
        for (int i = 2; !_names.Add(free); i++)
            free = $"{name}_{i}";
        return Register(new Node(free, layer, inputs));
    }

    /// <summary>A node with the name and the inputs of another, whose place it takes.</summary>
    public Node Remake(Node node, Layer layer) => Register(new Node(node.Name, layer, [.. node.Inputs]));

    private Node Register(Node node)
    {
        _shapes.Add(node, ShapeInference.Infer(node, [.. node.Inputs.Select(ShapeOf)]));
        return node;
    }
}
