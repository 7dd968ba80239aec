using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// What a zip shares: the aligned members, the feature spaces of the first one, the nodes that become one and the spaces that need a map for it.
/// </summary>
internal sealed class ZipStructure
{
    /// <summary>Decides what is shared.</summary>
    /// <exception cref="ArgumentException">The members do not have in common what the cut asks for; the message names member and node.</exception>
    public ZipStructure(IReadOnlyList<ZipMember> members, ZipCut cut, ZipCut start)
    {
        Alignment = new NetworkAlignment(members);
        Spaces = FeatureSpaces.Find(Alignment.Base);
        IncludesHeads = cut.IncludesHeads;
        Shared = SelectShared(cut, start);
        MergedSpaces = [.. Spaces.Where(space => !space.IsInput && space.Nodes.Any(Shared.Contains))];
    }

    public NetworkAlignment Alignment { get; }

    /// <summary>Feature spaces of the first member, whose nodes stand for their counterparts.</summary>
    public FeatureSpaces Spaces { get; }

    /// <summary>Whether outputs are shared (averaged).</summary>
    public bool IncludesHeads { get; }

    /// <summary>The nodes of the first member that become one node of the zipped network.</summary>
    public IReadOnlySet<Node> Shared { get; }

    /// <summary>Spaces that need merge and unmerge matrices, in topological order; outputs come last.</summary>
    public IReadOnlyList<FeatureSpace> MergedSpaces { get; }

    /// <summary>Spaces whose features are compared; outputs are only averaged.</summary>
    public IEnumerable<FeatureSpace> MatchedSpaces => MergedSpaces.Where(space => !space.IsOutput);

    /// <summary>Where the features of a merged space are measured in the first member: the last shared node before pooling over pixels.</summary>
    public Node ObservationOf(FeatureSpace space) => space.ObservationAmong(Shared.Contains) ?? space.Nodes.Last(Shared.Contains);

    /// <summary>Number of features of each member in a space.</summary>
    public int[] WidthsOf(FeatureSpace space)
    {
        Node node = space.Nodes.First(Alignment.IsAligned);
        return [.. Enumerable.Range(0, Alignment.Members.Count).Select(m => Alignment.Members[m].Network.ShapeOf(Alignment.CounterpartOf(node, m))[0])];
    }

    private HashSet<Node> SelectShared(ZipCut cut, ZipCut start)
    {
        Network network = Alignment.Base;
        HashSet<Node> wanted = cut.Select(Spaces);
        wanted.ExceptWith(start.Select(Spaces));
        wanted.RemoveWhere(node => !IncludesHeads && OutputSpaceOf(node) is not null);
        wanted.UnionWith(network.Nodes.Where(node => IsCommon(node) && Alignment.IsAligned(node)));

        foreach (Node node in network.Nodes.Where(wanted.Contains))
        {
            if (!Alignment.IsAligned(node))
                throw new ArgumentException($"{Alignment.Describe(node)}. Zip classifiers of one architecture, or up to an earlier cut.");
            foreach (ChannelSegment segment in Spaces.LayoutOf(node))
            {
                if (Spaces[segment.Space].Obstacle is { } obstacle && !Spaces[segment.Space].IsInput)
                    throw new ArgumentException($"The channels of node '{node.Name}' of '{Alignment.Members[0].Name}' cannot be merged. {obstacle} Choose an earlier cut.");
            }

            if (OutputSpaceOf(node) is { } output)
                CheckOutputs(output);
        }

        wanted.RemoveWhere(node => node.Layer is ChannelAffine && IsCommon(node) && !HasEqualConstants(node));
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

    private bool HasEqualConstants(Node node)
    {
        var first = (ChannelAffine)node.Layer;
        for (int m = 1; m < Alignment.Members.Count; m++)
        {
            var other = (ChannelAffine)Alignment.CounterpartOf(node, m).Layer;
            if (!first.Scale.Span.SequenceEqual(other.Scale.Span) || !first.Shift.Span.SequenceEqual(other.Shift.Span))
                return false;
        }

        return true;
    }

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
                && !consumers[i].Any(consumer => shared.Contains(consumer) || FeatureSpaces.IsWeightLayer(consumer.Layer)))
            {
                shared.Remove(node);
            }
        }
    }
}
