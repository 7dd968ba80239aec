using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Layers of a zipped network that are fitted together: one Conv or Linear layer with the normalization behind it, or all of them that end in one residual sum.
/// </summary>
/// <param name="Target">The node whose value is fitted: before the activation, after normalization and residual sum.</param>
/// <param name="Layers">The layers with weights, in the order of the network.</param>
/// <param name="Others">Other inputs of the sum, taken as they are.</param>
/// <param name="Activation">The activation that alone reads the value; null if there is none.</param>
internal sealed record RefitUnit(Node Target, IReadOnlyList<RefitUnit.Member> Layers, IReadOnlyList<Node> Others, Activation? Activation)
{
    /// <summary>A layer with weights and the normalization that is folded into it.</summary>
    public sealed record Member(Node Node, BatchNorm2d? Norm)
    {
        /// <summary>Number of groups in which input channels are seen; per-channel layers see each channel alone.</summary>
        public int Groups => Node.Layer switch
        {
            Conv2d conv => conv.Groups,
            BatchNorm2d norm => norm.Channels,
            ChannelAffine affine => affine.Channels,
            _ => 1,
        };
    }

    /// <summary>Finds all units, in topological order of what they write.</summary>
    /// <param name="merged">A zipped network.</param>
    /// <returns>For each node that belongs to a unit, the unit.</returns>
    public static Dictionary<Node, RefitUnit> Find(MergedNetwork merged)
    {
        Network network = merged.Network;
        IReadOnlyList<IReadOnlyList<Node>> consumers = network.FindConsumers();
        HashSet<Node> heads = [.. network.Heads.Select(head => head.Node)];
        HashSet<Node> exact = FindExact(merged);
        var ends = new Dictionary<Node, List<(Node End, Member Layer)>>(); // by the node whose value is fitted
        var folded = new HashSet<Node>();
        var order = new List<Node>();
        foreach (Node node in network.Nodes)
        {
            if (folded.Contains(node) || node.Layer is not (Conv2d or Linear or BatchNorm2d or ChannelAffine))
                continue;
            Node end = node;
            BatchNorm2d? norm = null;
            if (node.Layer is Conv2d && OnlyConsumer(node) is { Layer: BatchNorm2d following } next)
            {
                (end, norm) = (next, following);
                folded.Add(next);
            }

            Node target = OnlyConsumer(end) is { Layer: Add } sum ? sum : end;
            if (exact.Contains(target))
                continue;
            if (!ends.TryGetValue(target, out List<(Node, Member)>? layers))
                ends.Add(target, layers = []);
            layers.Add((end, new Member(node, norm)));
        }

        var units = new Dictionary<Node, RefitUnit>();
        foreach (Node target in network.Nodes.Where(ends.ContainsKey))
        {
            List<(Node End, Member Layer)> layers = ends[target];
            Join(target, layers);
        }

        return units;

        // Dense layers are fitted to a sum together, otherwise the last grouped one; the others are fitted to their own part before.
        void Join(Node target, List<(Node End, Member Layer)> layers)
        {
            List<(Node End, Member Layer)> joint = layers.Exists(entry => entry.Layer.Groups == 1) ? layers.FindAll(entry => entry.Layer.Groups == 1) : [layers[^1]];
            foreach ((Node End, Member Layer) alone in layers.Except(joint))
                Enter(alone.End, [alone]);
            Enter(target, joint);
        }

        void Enter(Node target, List<(Node End, Member Layer)> layers)
        {
            Activation? activation = !heads.Contains(target) && consumers[network.IndexOf(target)] is [{ Layer: Activation function }] ? function : null;
            Node[] others = target.Layer is Add ? [.. target.Inputs.Where(input => !layers.Exists(entry => ReferenceEquals(entry.End, input)))] : [];
            var unit = new RefitUnit(target, [.. layers.Select(entry => entry.Layer)], others, activation);
            units[target] = unit;
            foreach ((Node end, Member layer) in layers)
                units[end] = units[layer.Node] = unit;
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
