using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Layers of a zipped network that are fitted together: one Conv or Linear layer with the normalization behind it, or all of them that end in one residual sum.
/// </summary>
/// <param name="Target">The node whose value is fitted: before the activation, after normalization and residual sum.</param>
/// <param name="Layers">The layers with weights, in the order of the network.</param>
/// <param name="Others">Other inputs of the sum, taken as they are.</param>
/// <param name="Activation">The activation that alone reads the value; null if there is none.</param>
internal sealed record RefitUnit(Node Target, IReadOnlyList<UnitLayer> Layers, IReadOnlyList<Node> Others, Activation? Activation)
{
    /// <summary>Whether the unit is one Linear layer with no activation behind it, as heads are.</summary>
    public bool IsHead => Activation is null && Layers is [{ Node.Layer: Linear }];

    /// <summary>Finds all units, in topological order of what they write.</summary>
    /// <param name="merged">A zipped network.</param>
    /// <returns>For each node that belongs to a unit, the unit.</returns>
    public static Dictionary<Node, RefitUnit> Find(MergedNetwork merged)
    {
        Network network = merged.Network;
        IReadOnlyList<IReadOnlyList<Node>> consumers = network.FindConsumers();
        HashSet<Node> heads = [.. network.Heads.Select(head => head.Node)];
        HashSet<Node> exact = FindExact(merged);
        var layersOf = new Dictionary<Node, List<UnitLayer>>(); // by the node whose value is fitted
        var folded = new HashSet<Node>();
        foreach (Node node in network.Nodes)
        {
            if (folded.Contains(node) || !UnitLayer.CanFit(node.Layer))
                continue;
            Node? norm = OnlyConsumer(node) is { } next && UnitLayer.CanFold(node.Layer, next.Layer) ? next : null;
            if (norm is not null)
                folded.Add(norm);
            var layer = new UnitLayer(node, norm);
            Node target = OnlyConsumer(layer.End) is { Layer: Add } sum ? sum : layer.End;
            if (exact.Contains(target))
                continue;
            if (!layersOf.TryGetValue(target, out List<UnitLayer>? layers))
                layersOf.Add(target, layers = []);
            layers.Add(layer);
        }

        var units = new Dictionary<Node, RefitUnit>();
        foreach (Node target in network.Nodes.Where(layersOf.ContainsKey))
            Join(target, layersOf[target]);
        return units;

        // Dense layers are fitted to a sum together, otherwise the last grouped one; the others are fitted to their own part before.
        void Join(Node target, List<UnitLayer> layers)
        {
            List<UnitLayer> joint = layers.Exists(layer => layer.Groups == 1) ? layers.FindAll(layer => layer.Groups == 1) : [layers[^1]];
            foreach (UnitLayer alone in layers.Except(joint))
                Enter(alone.End, [alone]);
            Enter(target, joint);
        }

        void Enter(Node target, List<UnitLayer> layers)
        {
            Activation? activation = !heads.Contains(target) && consumers[network.IndexOf(target)] is [{ Layer: Activation function }] ? function : null;
            Node[] others = target.Layer is Add ? [.. target.Inputs.Where(input => !layers.Exists(layer => ReferenceEquals(layer.End, input)))] : [];
            var unit = new RefitUnit(target, layers, others, activation);
            units[target] = unit;
            foreach (UnitLayer layer in layers)
                units[layer.End] = units[layer.Node] = unit;
        }

        Node? OnlyConsumer(Node node) => !heads.Contains(node) && consumers[network.IndexOf(node)] is [Node only] ? only : null;
    }

    /// <summary>Nodes that still compute what one member computes: common layers, and tails before a late start.</summary>
    private static HashSet<Node> FindExact(MergedNetwork merged)
    {
        var exact = new HashSet<Node>();
        foreach (Node node in merged.Network.Nodes)
        {
            NodeOrigin origin = merged.Origins[node];
            if (origin.IsCopy && ReferenceEquals(node.Layer, origin.Sources[0].Node.Layer) && node.Inputs.All(exact.Contains))
                exact.Add(node);
        }

        return exact;
    }
}
