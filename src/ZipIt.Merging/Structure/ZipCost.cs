using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>What a zipped network will cost, before it is built.</summary>
internal sealed class ZipCost
{
    private readonly ZipStructure _structure;
    private readonly NetworkAlignment _alignment;
    private readonly FeatureSpaces _spaces;

    private ZipCost(ZipStructure structure) => (_structure, _alignment, _spaces) = (structure, structure.Alignment, structure.Spaces);

    /// <summary>
    /// Multiply-adds of the zipped network for one image, as long as maps keep the widest member's number of features and unmerging only copies.
    /// </summary>
    public static long CountMultiplyAdds(ZipStructure structure) => new ZipCost(structure).Count();

    private long Count()
    {
        var merged = new HashSet<Node>();
        long total = 0;
        foreach (Node node in _alignment.Base.Nodes.Where(_structure.Shared.Contains))
        {
            total += CountShared(node);
            merged.UnionWith(node.Inputs.Where(input => !_structure.Shared.Contains(input)));
        }

        for (int m = 0; m < _alignment.Members.Count; m++)
        {
            Network own = _alignment.Members[m].Network;
            IReadOnlyDictionary<Node, Node> sharedOf = _structure.SharedOf(m);
            foreach (Node node in own.Nodes.Where(node => !sharedOf.ContainsKey(node)))
            {
                long cost = NetworkCost.CountMultiplyAdds(own, node);
                bool folds = node.Layer.Flow == ChannelFlow.Mix && sharedOf.TryGetValue(node.Inputs[0], out Node? input) && !_spaces.IsImage(input);
                total += folds ? cost / own.ShapeOf(node.Inputs[0])[0] * MergedLength(sharedOf[node.Inputs[0]]) : cost;
            }

            // Where a late start begins, M is folded into the layer before it, or is a layer of its own.
            IReadOnlyList<IReadOnlyList<Node>> consumers = own.FindConsumers();
            foreach (Node node in merged)
            {
                Node counterpart = _alignment.CounterpartOf(node, m);
                ReadOnlySpan<int> shape = own.ShapeOf(counterpart);
                long pixels = shape.Length == 3 ? (long)shape[1] * shape[2] : 1;
                if (counterpart.Layer.Flow == ChannelFlow.Mix)
                {
                    long cost = NetworkCost.CountMultiplyAdds(own, counterpart);
                    bool isKept = consumers[own.IndexOf(counterpart)].Any(consumer => !sharedOf.ContainsKey(consumer))
                        || own.Heads.Any(head => head.Node == counterpart);
                    total += cost / shape[0] * MergedLength(node) - (isKept ? 0 : cost);
                }
                else
                {
                    total += pixels * shape[0] * MergedLength(node);
                }
            }
        }

        return total;
    }

    /// <summary>What the multiply-adds of a shared layer become when its inputs and outputs have the merged widths.</summary>
    private long CountShared(Node node)
    {
        Network network = _alignment.Base;
        long multiplyAdds = NetworkCost.CountMultiplyAdds(network, node);
        if (multiplyAdds == 0 || _spaces.IsImage(node))
            return multiplyAdds;
        long perOutput = multiplyAdds / network.ShapeOf(node)[0] * MergedLength(node);
        Node input = node.Inputs[0];
        return node.Layer.MixesChannels && !_spaces.IsImage(input)
            ? perOutput / network.ShapeOf(input)[0] * MergedLength(input)
            : perOutput;
    }

    /// <summary>Number of merged features of a node's value if each space keeps the widest member's number.</summary>
    private int MergedLength(Node node)
    {
        int length = 0;
        foreach (ChannelSegment segment in _spaces.LayoutOf(node))
            length += _structure.WidthsOf(_spaces[segment.Space]).Max() * segment.Repeats;
        return length;
    }
}
