using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>How far a zip reaches: nodes up to the cut are shared by all tasks, everything behind it stays per task (paper, section 4.3, "partial zip").</summary>
public abstract record ZipCut
{
    private protected ZipCut()
    {
    }

    /// <summary>Nothing is shared: the ensemble of all members in one network.</summary>
    public static ZipCut Nothing { get; } = new NothingCut();

    /// <summary>
    /// Everything is shared, the outputs too ("20/20"): they are averaged, not matched, which needs outputs that mean the same in all members (embeddings that are
    /// compared with class prototypes).
    /// </summary>
    public static ZipCut Everything { get; } = new EverythingCut();

    /// <summary>Everything but the layers that give the outputs is shared ("19/20").</summary>
    public static ZipCut BeforeHeads { get; } = new BeforeHeadsCut();

    /// <summary>
    /// The first layers are shared: 7 of a ResNet-20 is the stem and the first stage ("7/20"). Conv and Linear layers are counted along the longest path from the input,
    /// so that shortcuts do not count.
    /// </summary>
    /// <param name="count">Number of layers, at least 0.</param>
    public static ZipCut AfterLayers(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new AfterLayersCut(count);
    }

    /// <summary>All nodes up to a given one are shared, and the per-channel layers that follow it.</summary>
    /// <param name="name">Name of a node of the first member, e.g. <c>layer2.2.conv2</c>.</param>
    public static ZipCut AfterNode(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new AfterNodeCut(name);
    }

    /// <summary>Marks what the cut would share in a network, before it is asked whether the members have it in common.</summary>
    /// <param name="spaces">The network's feature spaces.</param>
    /// <exception cref="ArgumentException">The cut names something that the network lacks.</exception>
    internal abstract HashSet<Node> Select(FeatureSpaces spaces);

    /// <summary>Whether the outputs themselves are shared.</summary>
    internal virtual bool IncludesHeads => false;

    /// <summary>
    /// For every node the number of Conv and Linear layers on the longest path from the input up to and including it.
    /// </summary>
    internal static Dictionary<Node, int> CountLayers(Network network)
    {
        var depth = new Dictionary<Node, int>(network.Nodes.Count);
        foreach (Node node in network.Nodes)
        {
            int before = node.Inputs.Count == 0 ? 0 : node.Inputs.Max(input => depth[input]);
            depth[node] = before + (node.Layer is Linear or Conv2d ? 1 : 0);
        }

        return depth;
    }

    private sealed record NothingCut : ZipCut
    {
        public override string ToString() => "nothing";

        internal override HashSet<Node> Select(FeatureSpaces spaces) => [];
    }

    private sealed record EverythingCut : ZipCut
    {
        public override string ToString() => "everything";

        internal override bool IncludesHeads => true;

        internal override HashSet<Node> Select(FeatureSpaces spaces) => [.. spaces.Network.Nodes];
    }

    private sealed record BeforeHeadsCut : ZipCut
    {
        public override string ToString() => "before heads";

        internal override HashSet<Node> Select(FeatureSpaces spaces) => [.. spaces.Network.Nodes];
    }

    private sealed record AfterLayersCut(int Count) : ZipCut
    {
        public override string ToString() => $"after {Count} layers";

        internal override HashSet<Node> Select(FeatureSpaces spaces)
        {
            Dictionary<Node, int> depth = CountLayers(spaces.Network);
            return [.. spaces.Network.Nodes.Where(node => depth[node] <= Count)];
        }
    }

    private sealed record AfterNodeCut(string Name) : ZipCut
    {
        public override string ToString() => $"after {Name}";

        internal override HashSet<Node> Select(FeatureSpaces spaces)
        {
            Network network = spaces.Network;
            if (!network.Contains(Name))
                throw new ArgumentException($"The cut names a node '{Name}', which the first network lacks; it has for instance {string.Join(", ", network.Nodes.Take(8).Select(node => $"'{node.Name}'"))}.");
            HashSet<Node> selected = [.. network.Nodes.Take(network.IndexOf(Name) + 1)];
            foreach (Node node in network.Nodes)
            {
                // Normalization, activation, pooling and the residual sum belong to the layer before them.
                if (!FeatureSpaces.IsWeightLayer(node.Layer) && node.Inputs.Count > 0 && node.Inputs.All(selected.Contains))
                    selected.Add(node);
            }

            return selected;
        }
    }
}
