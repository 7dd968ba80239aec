namespace ZipIt.Networks;

/// <summary>
/// A neural network as data: an immutable, directed, acyclic graph of <see cref="Node"/>s from its inputs to its <see cref="Heads"/>.
/// It holds no code that runs: an <see cref="INetworkEngine"/> plans and runs it.
/// </summary>
public sealed class Network
{
    private readonly Dictionary<string, int> _indexOf;
    private readonly Dictionary<Node, int> _positions;
    private readonly Dictionary<string, int> _heads;
    private readonly int[][] _shapes;

    /// <summary>Makes a network of all nodes that its heads need, and checks it.</summary>
    /// <param name="heads">The outputs; at least one, with distinct names.</param>
    /// <exception cref="ArgumentException">
    /// There is no head or no input, two heads or two nodes share a name, a layer does not fit the shape of its input, or the network is beyond
    /// <see cref="NetworkLimits"/>; the message names the node.
    /// </exception>
    public Network(params ReadOnlySpan<Head> heads)
    {
        if (heads.IsEmpty)
            throw new ArgumentException("A network needs at least one output.", nameof(heads));
        Heads = heads.ToArray();
        Nodes = Sort(Heads);
        _indexOf = new Dictionary<string, int>(Nodes.Count, StringComparer.Ordinal);
        _positions = new Dictionary<Node, int>(Nodes.Count, ReferenceEqualityComparer.Instance);
        for (int i = 0; i < Nodes.Count; i++)
        {
            if (!_indexOf.TryAdd(Nodes[i].Name, i))
                throw new ArgumentException($"Two nodes are called '{NameList.Shorten(Nodes[i].Name)}'.", nameof(heads));
            _positions.Add(Nodes[i], i);
        }

        _heads = new Dictionary<string, int>(Heads.Count, StringComparer.Ordinal);
        for (int i = 0; i < Heads.Count; i++)
        {
            if (!_heads.TryAdd(Heads[i].Name, i))
                throw new ArgumentException($"Two outputs are called '{NameList.Shorten(Heads[i].Name)}'.", nameof(heads));
        }

        Inputs = [.. Nodes.Where(node => node.Layer is Input)];
        if (Inputs.Count == 0)
            throw new ArgumentException("A network needs an input.", nameof(heads));
        _shapes = ShapeInference.InferAll(this);
    }

    /// <summary>All nodes in topological order: every node stands behind its inputs.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>The outputs.</summary>
    public IReadOnlyList<Head> Heads { get; }

    /// <summary>The nodes where values enter. A classifier has exactly one; parts of a network may have more.</summary>
    public IReadOnlyList<Node> Inputs { get; }

    /// <summary>The node of a given name.</summary>
    /// <exception cref="KeyNotFoundException">There is no node of that name.</exception>
    public Node this[string name] => Nodes[IndexOf(name)];

    /// <summary>Whether the network has a node of that name.</summary>
    public bool Contains(string name) => _indexOf.ContainsKey(name);

    /// <summary>Position of a node in <see cref="Nodes"/>.</summary>
    /// <exception cref="KeyNotFoundException">There is no node of that name.</exception>
    public int IndexOf(string name) => _indexOf.TryGetValue(name, out int index)
        ? index
        : throw new KeyNotFoundException($"The network has no node called '{NameList.Shorten(name)}'.");

    /// <summary>Position of a node in <see cref="Nodes"/>.</summary>
    /// <exception cref="KeyNotFoundException">The node is not part of this network.</exception>
    public int IndexOf(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return _positions.TryGetValue(node, out int index)
            ? index
            : throw new KeyNotFoundException($"The node '{NameList.Shorten(node.Name)}' belongs to another network.");
    }

    /// <summary>The output of a given name.</summary>
    /// <exception cref="KeyNotFoundException">There is no output of that name.</exception>
    public Head Head(string name) => TryFindHead(name, out int index)
        ? Heads[index]
        : throw new KeyNotFoundException(
            $"The network has no output called '{NameList.Shorten(name)}'; it has {NameList.Format([.. Heads.Select(head => head.Name)])}.");

    /// <summary>Finds an output by its name.</summary>
    /// <param name="name">Name of the output.</param>
    /// <param name="index">Receives its position in <see cref="Heads"/>.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryFindHead(string name, out int index) => _heads.TryGetValue(name, out index);

    /// <summary>Shape of a node's value for one image: [channels, height, width] or [features].</summary>
    public ReadOnlySpan<int> ShapeOf(Node node) => _shapes[IndexOf(node)];

    /// <summary>For each node of <see cref="Nodes"/>, the nodes that take its value, in topological order; one that takes it twice stands twice.</summary>
    public IReadOnlyList<IReadOnlyList<Node>> FindConsumers()
    {
        var consumers = new List<Node>[Nodes.Count];
        for (int i = 0; i < consumers.Length; i++)
            consumers[i] = [];
        foreach (Node node in Nodes)
        {
            foreach (Node input in node.Inputs)
                consumers[IndexOf(input)].Add(node);
        }

        return consumers;
    }

    /// <summary>
    /// A network of the same graph in which some layers are others. Nodes that do not lie behind a replaced one are shared with this network.
    /// </summary>
    /// <param name="replace">The new layer of a node, or its present one.</param>
    /// <exception cref="ArgumentException">A new layer does not fit its place.</exception>
    public Network Replace(Func<Node, Layer> replace)
    {
        ArgumentNullException.ThrowIfNull(replace);
        var rewriter = new NetworkRewriter(this);
        foreach (Node node in Nodes)
        {
            Layer layer = replace(node);
            if (!ReferenceEquals(layer, node.Layer))
                rewriter.Replace(node, layer);
        }

        return rewriter.ToNetwork();
    }

    /// <summary>Depth-first from the heads, without recursion: a hostile graph may be deep.</summary>
    internal static IReadOnlyList<Node> Sort(IReadOnlyList<Head> heads)
    {
        var sorted = new List<Node>();
        int edges = 0;
        var seen = new HashSet<Node>(ReferenceEqualityComparer.Instance);
        var path = new Stack<(Node Node, int NextInput)>();
        foreach (Head head in heads)
        {
            if (seen.Add(head.Node))
                path.Push((head.Node, 0));
            while (path.TryPop(out (Node Node, int NextInput) top))
            {
                if (top.NextInput == top.Node.Inputs.Count)
                {
                    sorted.Add(top.Node);
                    edges += top.Node.Inputs.Count;
                    if (sorted.Count > NetworkLimits.Nodes || edges > NetworkLimits.Edges)
                    {
                        throw new ArgumentException($"The network has more than {NetworkLimits.Nodes} nodes or {NetworkLimits.Edges} inputs of nodes; "
                            + $"node '{NameList.Shorten(top.Node.Name)}' is the first beyond.", nameof(heads));
                    }

                    continue;
                }

                path.Push((top.Node, top.NextInput + 1));
                Node input = top.Node.Inputs[top.NextInput];
                if (seen.Add(input))
                    path.Push((input, 0));
            }
        }

        return sorted;
    }
}
