using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// What a zip shares: the aligned members, the feature spaces of the first one, the nodes that become one and the spaces that need a map for it.
/// </summary>
internal sealed class ZipStructure
{
    private readonly Dictionary<FeatureSpace, int> _entries;

    /// <summary>Decides what is shared.</summary>
    /// <exception cref="ArgumentException">The members do not have in common what the cut asks for; the message names member and node.</exception>
    public ZipStructure(IReadOnlyList<ZipMember> members, ZipCut cut, ZipCut start)
    {
        Alignment = new NetworkAlignment(members);
        Spaces = FeatureSpaces.Find(Alignment.Base);
        Cut = cut.Resolve(members, start);
        Shared = SelectShared(Cut, start.Resolve(members, ZipCut.Nothing));
        CheckNames();
        _entries = FindEntries();
        MergedSpaces = [.. Spaces.Where(space => !space.IsInput && (space.Nodes.Any(Shared.Contains) || _entries.ContainsKey(space)))];
    }

    public NetworkAlignment Alignment { get; }

    /// <summary>Feature spaces of the first member, whose nodes stand for their counterparts.</summary>
    public FeatureSpaces Spaces { get; }

    /// <summary>How far the zip reaches; a budget has become a place.</summary>
    public ZipCut Cut { get; }

    /// <summary>Whether outputs are shared (averaged).</summary>
    public bool IncludesHeads => Cut.IncludesHeads;

    /// <summary>The nodes of the first member that become one node of the zipped network.</summary>
    public IReadOnlySet<Node> Shared { get; }

    /// <summary>Spaces that need merge and unmerge matrices, in topological order; outputs come last.</summary>
    public IReadOnlyList<FeatureSpace> MergedSpaces { get; }

    /// <summary>Spaces whose features are compared; outputs are only averaged.</summary>
    public IEnumerable<FeatureSpace> MatchedSpaces => MergedSpaces.Where(space => !space.IsOutput);

    /// <summary>
    /// Where the features of a merged space are measured in the first member: the last shared node before pooling over pixels; in a space that is merged only where a late start begins, the
    /// last node before that.
    /// </summary>
    public Node ObservationOf(FeatureSpace space)
    {
        if (space.Nodes.Any(Shared.Contains))
            return space.ObservationAmong(Shared.Contains) ?? space.Nodes.Last(Shared.Contains);
        bool IsBefore(Node node) => Alignment.Base.IndexOf(node) <= _entries[space] && Alignment.IsAligned(node);
        return space.ObservationAmong(IsBefore) ?? space.Nodes.Last(IsBefore);
    }

    /// <summary>Number of features of each member in a space.</summary>
    public int[] WidthsOf(FeatureSpace space)
    {
        Node node = space.Nodes.First(Alignment.IsAligned);
        return [.. Enumerable.Range(0, Alignment.Members.Count).Select(m => Alignment.Members[m].Network.ShapeOf(Alignment.CounterpartOf(node, m))[0])];
    }

    /// <summary>
    /// Multiply-adds of the zipped network for one image, as long as maps keep the widest member's number of features and unmerging only copies.
    /// </summary>
    public long CountMultiplyAdds()
    {
        Network network = Alignment.Base;
        var merged = new HashSet<Node>();
        long total = 0;
        foreach (Node node in network.Nodes.Where(Shared.Contains))
        {
            total += Scale(NetworkCost.CountMultiplyAdds(network, node), node, IsCommon(node), 0);
            merged.UnionWith(node.Inputs.Where(input => !Shared.Contains(input)));
        }

        for (int m = 0; m < Alignment.Members.Count; m++)
        {
            Network own = Alignment.Members[m].Network;
            Dictionary<Node, Node> sharedOf = Shared.ToDictionary(node => Alignment.CounterpartOf(node, m));
            foreach (Node node in own.Nodes.Where(node => !sharedOf.ContainsKey(node)))
            {
                long cost = NetworkCost.CountMultiplyAdds(own, node);
                bool folds = node.Layer.Flow == ChannelFlow.Mix && sharedOf.TryGetValue(node.Inputs[0], out Node? input) && !IsCommon(input);
                total += folds ? cost / own.ShapeOf(node.Inputs[0])[0] * MergedLength(sharedOf[node.Inputs[0]]) : cost;
            }

            // Where a late start begins, M is folded into the layer before it, or is a layer of its own.
            IReadOnlyList<IReadOnlyList<Node>> consumers = own.FindConsumers();
            foreach (Node node in merged)
            {
                Node counterpart = Alignment.CounterpartOf(node, m);
                ReadOnlySpan<int> shape = own.ShapeOf(counterpart);
                long pixels = shape.Length == 3 ? (long)shape[1] * shape[2] : 1;
                if (counterpart.Layer.Flow == ChannelFlow.Mix)
                {
                    long cost = NetworkCost.CountMultiplyAdds(own, counterpart);
                    bool isKept = consumers[own.IndexOf(counterpart)].Any(consumer => !sharedOf.ContainsKey(consumer)) || own.Heads.Any(head => head.Node == counterpart);
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

    /// <summary>What the multiply-adds of a member's layer become when its inputs and outputs have the merged widths.</summary>
    private long Scale(long multiplyAdds, Node node, bool isCommon, int member)
    {
        if (multiplyAdds == 0 || isCommon)
            return multiplyAdds;
        Network own = Alignment.Members[member].Network;
        long perOutput = multiplyAdds / own.ShapeOf(node)[0] * MergedLength(node);
        Node input = node.Inputs[0];
        return node.Layer.MixesChannels && !IsCommon(input) ? perOutput / own.ShapeOf(input)[0] * MergedLength(input) : perOutput;
    }

    /// <summary>Number of merged features of a node's value if each space keeps the widest member's number.</summary>
    private int MergedLength(Node node)
    {
        int length = 0;
        foreach (ChannelSegment segment in Spaces.LayoutOf(node))
            length += WidthsOf(Spaces[segment.Space]).Max() * segment.Repeats;
        return length;
    }

    /// <summary>Spaces of values that shared nodes take from separate ones (a late start), with the position of the last such value.</summary>
    private Dictionary<FeatureSpace, int> FindEntries()
    {
        var entries = new Dictionary<FeatureSpace, int>();
        foreach (Node input in Alignment.Base.Nodes.Where(Shared.Contains).SelectMany(node => node.Inputs).Where(input => !Shared.Contains(input)))
        {
            foreach (ChannelSegment segment in Spaces.LayoutOf(input))
            {
                FeatureSpace space = Spaces[segment.Space];
                entries[space] = Math.Max(entries.GetValueOrDefault(space), Alignment.Base.IndexOf(input));
            }
        }

        return entries;
    }

    private void CheckNames()
    {
        foreach (ZipMember member in Alignment.Members)
        {
            Node? clash = Shared.FirstOrDefault(node => node.Name.StartsWith(member.Name + "/", StringComparison.Ordinal));
            if (clash is not null)
                throw new ArgumentException($"'{Alignment.Members[0].Name}' has a node '{clash.Name}', a name that nodes of '{member.Name}' would get. Call that network differently.");
        }
    }

    private HashSet<Node> SelectShared(ZipCut cut, ZipCut start)
    {
        Network network = Alignment.Base;
        HashSet<Node> wanted = cut.Select(Spaces);
        HashSet<Node> front = start.Select(Spaces);
        wanted.ExceptWith(front);
        wanted.RemoveWhere(node => !IncludesHeads && OutputSpaceOf(node) is not null);
        RemoveGathered(wanted);
        if (cut.IsLenient)
            RemoveUncommon(wanted, front);
        wanted.UnionWith(network.Nodes.Where(node => IsCommon(node) && Alignment.IsAligned(node)));

        foreach (Node node in network.Nodes.Where(wanted.Contains))
        {
            if (!Alignment.IsAligned(node))
                throw new ArgumentException($"{Alignment.Describe(node)}. Zip classifiers of one architecture, or up to an earlier cut; {nameof(ZipCut)}.{nameof(ZipCut.AsFarAsPossible)} finds it.");
            foreach (ChannelSegment segment in Spaces.LayoutOf(node))
            {
                if (Spaces[segment.Space].Obstacle is { } obstacle && !Spaces[segment.Space].IsInput)
                    throw new ArgumentException($"The channels of node '{node.Name}' of '{Alignment.Members[0].Name}' cannot be merged. {obstacle} Choose an earlier cut.");
            }

            if (OutputSpaceOf(node) is { } output)
                CheckOutputs(output);
        }

        wanted.RemoveWhere(node => IsCommon(node) && !HasEqualConstants(node));
        Prune(wanted);
        return wanted;
    }

    /// <summary>Whether a value consists of the channels of the image, which all members have in common.</summary>
    private bool IsCommon(Node node)
    {
        foreach (ChannelSegment segment in Spaces.LayoutOf(node))
        {
            if (!Spaces[segment.Space].IsInput)
                return false;
        }

        return true;
    }

    private FeatureSpace? OutputSpaceOf(Node node)
    {
        foreach (ChannelSegment segment in Spaces.LayoutOf(node))
        {
            if (Spaces[segment.Space].IsOutput)
                return Spaces[segment.Space];
        }

        return null;
    }

    private void CheckOutputs(FeatureSpace output)
    {
        int[] widths = WidthsOf(output);
        for (int m = 1; m < widths.Length; m++)
        {
            if (widths[m] != widths[0])
            {
                throw new ArgumentException(
                    $"'{Alignment.Members[m].Name}' has {widths[m]} outputs, '{Alignment.Members[0].Name}' has {widths[0]}; outputs can only be shared " +
                    "if they mean the same in all networks. Cut before the heads.");
            }
        }
    }

    /// <summary>Channels that an earlier zip hands to its tails are copies of others; they, and what is made of them, belong to those tails.</summary>
    private void RemoveGathered(HashSet<Node> wanted)
    {
        var gathered = new HashSet<Node>();
        foreach (Node node in Alignment.Base.Nodes)
        {
            if (!IsCommon(node) && (node.Layer.Flow == ChannelFlow.Gather || node.Inputs.Any(gathered.Contains)))
                gathered.Add(node);
        }

        wanted.ExceptWith(gathered);
    }

    /// <summary>Ends the zip where members differ or channels cannot be merged.</summary>
    private void RemoveUncommon(HashSet<Node> wanted, HashSet<Node> front)
    {
        foreach (Node node in Alignment.Base.Nodes)
        {
            bool isReached = node.Inputs.All(input => wanted.Contains(input) || front.Contains(input) || IsCommon(input));
            if (!isReached || !Alignment.IsAligned(node) || !CanBeMerged(node))
                wanted.Remove(node);
        }
    }

    private bool CanBeMerged(Node node)
    {
        foreach (ChannelSegment segment in Spaces.LayoutOf(node))
        {
            if (Spaces[segment.Space] is { Obstacle: not null, IsInput: false })
                return false;
        }

        return true;
    }

    /// <summary>Whether all members do the same to the channels of the image, so that one node does for all.</summary>
    private bool HasEqualConstants(Node node) =>
        Enumerable.Range(1, Alignment.Members.Count - 1).All(m => node.Layer.ComputesSameAs(Alignment.CounterpartOf(node, m).Layer));

    /// <summary>
    /// Takes back nodes that only per-channel layers of the tails would read (a shortcut whose sum is not shared): the merge would save them little, and
    /// their features would have to be matched before the activation.
    /// Nodes whose image input differs between the members (other normalization) are taken back too.
    /// </summary>
    private void Prune(HashSet<Node> shared)
    {
        Network network = Alignment.Base;
        IReadOnlyList<IReadOnlyList<Node>> consumers = network.FindConsumers();
        HashSet<Node> outputs = [.. network.Heads.Select(head => head.Node)];
        foreach (Node node in network.Nodes)
        {
            // An unshared common node (a normalization of its own) leaves nothing to merge in the layer behind it.
            if (node.Inputs.Any(input => IsCommon(input) && !shared.Contains(input)))
                shared.Remove(node);
        }

        for (int i = network.Nodes.Count - 1; i >= 0; i--)
        {
            Node node = network.Nodes[i];
            if (shared.Contains(node) && !IsCommon(node) && !outputs.Contains(node)
                && !consumers[i].Any(consumer => shared.Contains(consumer) || consumer.Layer.MixesChannels))
            {
                shared.Remove(node);
            }
        }
    }
}
