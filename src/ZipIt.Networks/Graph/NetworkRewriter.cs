namespace ZipIt.Networks;

/// <summary>
/// The way to make a network from another one: replaces layers, and inserts, removes and splices nodes. Edits name the nodes of the old network. What lies
/// behind an edited node is copied, everything else is shared with the old network; outputs keep their names and their order.
/// </summary>
/// <remarks>
/// Nodes of the new network are made when they are asked for, by <see cref="this[Node]"/> or by <see cref="ToNetwork"/>, and only those that an output needs.
/// Edits may follow: what has been made of the edited node and of all nodes behind it is then made anew. A rewriter is not safe for use by several threads at a
/// time.
/// </remarks>
public sealed class NetworkRewriter
{
    private readonly Head[] _heads;
    private readonly Func<string, string>? _rename;
    private readonly IReadOnlyList<Node> _nodes;
    private readonly HashSet<Node> _own;
    private readonly HashSet<string> _names;
    private readonly Dictionary<Node, Edit> _edits = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Node, Node> _made = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Node> _asked = new(ReferenceEqualityComparer.Instance); // whose replacements are being made

    /// <summary>Rewrites a network.</summary>
    /// <param name="network">The old network, which stays as it is.</param>
    /// <param name="rename">Names of the nodes in the new network by their old ones; null to keep them. Inserted and spliced nodes bring their own
    /// names.</param>
    public NetworkRewriter(Network network, Func<string, string>? rename = null)
        : this((network ?? throw new ArgumentNullException(nameof(network))).Heads, network.Nodes, rename)
    {
    }

    /// <summary>Rewrites what leads to some outputs, which need not be those of a network.</summary>
    /// <param name="heads">The outputs, as they are before any edit; at least one.</param>
    /// <exception cref="ArgumentException">There is no head.</exception>
    public NetworkRewriter(params ReadOnlySpan<Head> heads)
        : this(heads.IsEmpty ? throw new ArgumentException("A network needs at least one output.", nameof(heads)) : heads.ToArray(), null, null)
    {
    }

    private NetworkRewriter(IReadOnlyList<Head> heads, IReadOnlyList<Node>? nodes, Func<string, string>? rename)
    {
        _heads = [.. heads];
        _rename = rename;
        _nodes = nodes ?? Network.Sort(_heads);
        _own = new HashSet<Node>(_nodes, ReferenceEqualityComparer.Instance);
        _names = new HashSet<string>(_nodes.Select(NameOf), StringComparer.Ordinal);
    }

    /// <summary>The node of the new network that stands for one of the old: whoever takes the old one's value takes that of this one.</summary>
    /// <param name="node">A node of the old network.</param>
    /// <exception cref="ArgumentException">The node does not belong to the old network.</exception>
    public Node this[Node node]
    {
        get
        {
            CheckOwn(node);
            return Make(node);
        }
    }

    /// <summary>Gives a node another layer. Its inputs stay, and so does what was inserted behind it.</summary>
    /// <param name="node">A node of the old network.</param>
    /// <param name="layer">Its layer in the new network.</param>
    /// <exception cref="ArgumentException">The node does not belong to the old network, or the layer takes another number of inputs.</exception>
    public void Replace(Node node, Layer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        Edit edit = BeginEdit(node);
        _ = new Node(node.Name, layer, [.. node.Inputs]);
        _edits[node] = edit with { Layer = layer, StandIn = null, IsRemoved = false };
    }

    /// <summary>Takes a node out: whoever took its value takes that of its input.</summary>
    /// <param name="node">A node of the old network with one input.</param>
    /// <exception cref="ArgumentException">The node does not belong to the old network, or has no input or several.</exception>
    public void Remove(Node node)
    {
        Edit edit = BeginEdit(node);
        if (node.Inputs.Count != 1)
            throw new ArgumentException($"Only a node with one input can be removed; {node} has {node.Inputs.Count}.", nameof(node));
        _edits[node] = edit with { Layer = null, StandIn = null, IsRemoved = true };
    }

    /// <summary>Puts a new node behind a node: it takes the node's value, and whoever took that takes the new one's, outputs included.</summary>
    /// <param name="node">A node of the old network.</param>
    /// <param name="name">Name of the new node; <see cref="FindFreeName"/> finds one.</param>
    /// <param name="layer">What the new node computes, from one input. Of several nodes behind one node the last inserted comes last.</param>
    /// <exception cref="ArgumentException">The old node does not belong to the old network, or the name is taken.</exception>
    public void InsertBehind(Node node, string name, Layer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        Edit edit = BeginEdit(node);
        _ = new Node(name, layer, node);
        if (!_names.Add(name))
            throw new ArgumentException($"Two nodes would be called '{name}'.", nameof(name));
        _edits[node] = edit with { Behind = [.. edit.Behind, (name, layer)] };
    }

    /// <summary>Puts a node of another graph in the place of a node: whoever took the old one's value takes the given one's.</summary>
    /// <param name="node">A node of the old network. Its inputs are no longer needed for its sake.</param>
    /// <param name="replacement">The node in its place, taken as it is: later edits do not change it.</param>
    /// <exception cref="ArgumentException">The node does not belong to the old network.</exception>
    public void Splice(Node node, Node replacement)
    {
        ArgumentNullException.ThrowIfNull(replacement);
        Splice(node, () => replacement);
    }

    /// <summary>Puts a node of another graph in the place of a node, and makes it only when it is needed.</summary>
    /// <param name="node">A node of the old network. Its inputs are no longer needed for its sake.</param>
    /// <param name="replacement">Gives the node in its place. It may ask this and other rewriters for nodes that do not need its own result.</param>
    /// <exception cref="ArgumentException">The node does not belong to the old network.</exception>
    public void Splice(Node node, Func<Node> replacement)
    {
        ArgumentNullException.ThrowIfNull(replacement);
        Edit edit = BeginEdit(node);
        _edits[node] = edit with { Layer = null, StandIn = replacement, IsRemoved = false };
    }

    /// <summary>A name that no node has yet: the given one, with as many underscores behind it as are needed.</summary>
    /// <param name="name">The wanted name.</param>
    public string FindFreeName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        while (_names.Contains(name))
            name += "_";
        return name;
    }

    /// <summary>The new network.</summary>
    /// <exception cref="ArgumentException">A layer does not fit its place, or two nodes share a name; the message names them.</exception>
    public Network ToNetwork() => new([.. _heads.Select(head => new Head(head.Name, Make(head.Node)))]);

    private string NameOf(Node node) => _rename is null ? node.Name : _rename(node.Name);

    private void CheckOwn(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (!_own.Contains(node))
            throw new ArgumentException($"The node '{node.Name}' does not belong to the network that is rewritten.", nameof(node));
    }

    /// <summary>What has been done to a node so far; what was made of it, and of all nodes behind it, is forgotten.</summary>
    private Edit BeginEdit(Node node)
    {
        CheckOwn(node);
        if (_made.Count > 0)
        {
            var changed = new HashSet<Node>(ReferenceEqualityComparer.Instance) { node };
            foreach (Node other in _nodes)
            {
                if (other.Inputs.Any(changed.Contains))
                    changed.Add(other);
            }

            foreach (Node other in changed)
                _made.Remove(other);
        }

        return _edits.GetValueOrDefault(node, Edit.None);
    }

    /// <summary>Makes a node and all that it needs, without recursion: a graph may be deep.</summary>
    private Node Make(Node wanted)
    {
        var path = new Stack<Node>();
        path.Push(wanted);
        while (path.TryPeek(out Node? node))
        {
            if (_made.ContainsKey(node))
            {
                path.Pop();
                continue;
            }

            Edit edit = _edits.GetValueOrDefault(node, Edit.None);
            bool isReady = true;
            if (edit.StandIn is null)
            {
                foreach (Node input in node.Inputs)
                {
                    if (_made.ContainsKey(input))
                        continue;
                    path.Push(input);
                    isReady = false;
                }
            }

            if (isReady)
                _made[node] = MakeFromInputs(node, edit);
        }

        return _made[wanted];
    }

    private Node MakeFromInputs(Node node, Edit edit)
    {
        Node made;
        if (edit.StandIn is not null)
        {
            if (!_asked.Add(node))
                throw new InvalidOperationException($"What is spliced in the place of node '{node.Name}' needs itself.");
            made = edit.StandIn();
            _asked.Remove(node);
        }
        else if (edit.IsRemoved)
        {
            made = _made[node.Inputs[0]];
        }
        else
        {
            string name = NameOf(node);
            Layer layer = edit.Layer ?? node.Layer;
            Node[] inputs = [.. node.Inputs.Select(input => _made[input])];
            bool isSame = name == node.Name && ReferenceEquals(layer, node.Layer) && inputs.SequenceEqual(node.Inputs);
            made = isSame ? node : new Node(name, layer, inputs);
        }

        foreach ((string name, Layer layer) in edit.Behind)
            made = new Node(name, layer, made);
        return made;
    }

    /// <summary>What is done to a node.</summary>
    /// <param name="Layer">Its new layer; null for the old one.</param>
    /// <param name="StandIn">Gives the node in its place; null if there is none.</param>
    /// <param name="IsRemoved">Whether its input stands for it.</param>
    /// <param name="Behind">What follows it.</param>
    private sealed record Edit(Layer? Layer, Func<Node>? StandIn, bool IsRemoved, (string Name, Layer Layer)[] Behind)
    {
        public static Edit None { get; } = new(null, null, false, []);
    }
}
