using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Decides which nodes of the first member become one with their counterparts.</summary>
/// <param name="alignment">The members.</param>
/// <param name="spaces">Feature spaces of the first member.</param>
internal sealed class SharedNodes(NetworkAlignment alignment, FeatureSpaces spaces)
{
    /// <summary>The nodes of the first member between the start and the cut that can be shared.</summary>
    /// <param name="cut">How far the zip reaches.</param>
    /// <param name="start">What stays per member at the front.</param>
    /// <param name="shareNormalization">Whether members that normalize images differently share the normalization of the first one, where what reads it is
    /// shared.</param>
    /// <exception cref="ArgumentException">The members do not have in common what the cut asks for; the message names member and node.</exception>
    public HashSet<Node> Select(ZipCut cut, ZipCut start, bool shareNormalization)
    {
        Network network = alignment.Base;
        HashSet<Node> wanted = cut.Select(spaces);
        HashSet<Node> front = start.Select(spaces);
        wanted.ExceptWith(front);
        wanted.RemoveWhere(node => !cut.IncludesHeads && OutputSpaceOf(node) is not null);
        RemoveGathered(wanted);
        if (cut.IsLenient)
            RemoveUncommon(wanted, front);
        wanted.UnionWith(network.Nodes.Where(node => spaces.IsImage(node) && alignment.IsAligned(node)));

        foreach (Node node in network.Nodes.Where(wanted.Contains))
        {
            if (!alignment.IsAligned(node))
                throw new ArgumentException($"{alignment.Describe(node)}. Zip classifiers of one architecture, or up to an earlier cut; {nameof(ZipCut)}.{nameof(ZipCut.AsFarAsPossible)} finds it.");
            foreach (ChannelSegment segment in spaces.LayoutOf(node))
            {
                if (spaces[segment.Space].Obstacle is { } obstacle && !spaces[segment.Space].IsInput)
                    throw new ArgumentException($"The channels of node '{node.Name}' of '{alignment.Members[0].Name}' cannot be merged. {obstacle} Choose an earlier cut.");
            }

            if (OutputSpaceOf(node) is { } output)
                CheckOutputs(output);
        }

        RemoveDifferent(wanted, shareNormalization);
        Prune(wanted);
        if (RemoveDifferent(wanted, shareNormalization)) // a reader was taken back
            Prune(wanted);
        CheckNames(wanted);
        return wanted;
    }

    private FeatureSpace? OutputSpaceOf(Node node)
    {
        foreach (ChannelSegment segment in spaces.LayoutOf(node))
        {
            if (spaces[segment.Space].IsOutput)
                return spaces[segment.Space];
        }

        return null;
    }

    private void CheckOutputs(FeatureSpace output)
    {
        int[] widths = alignment.WidthsOf(output);
        for (int m = 1; m < widths.Length; m++)
        {
            if (widths[m] != widths[0])
            {
                throw new ArgumentException(
                    $"'{alignment.Members[m].Name}' has {widths[m]} outputs, '{alignment.Members[0].Name}' has {widths[0]}; outputs can only be shared " +
                    "if they mean the same in all networks. Cut before the heads.");
            }
        }
    }

    /// <summary>Channels that an earlier zip hands to its tails are copies of others; they, and what is made of them, belong to those tails.</summary>
    private void RemoveGathered(HashSet<Node> wanted)
    {
        var gathered = new HashSet<Node>();
        foreach (Node node in alignment.Base.Nodes)
        {
            if (!spaces.IsImage(node) && (node.Layer.Flow == ChannelFlow.Gather || node.Inputs.Any(gathered.Contains)))
                gathered.Add(node);
        }

        wanted.ExceptWith(gathered);
    }

    /// <summary>Ends the zip where members differ or channels cannot be merged.</summary>
    private void RemoveUncommon(HashSet<Node> wanted, HashSet<Node> front)
    {
        foreach (Node node in alignment.Base.Nodes)
        {
            bool isReached = node.Inputs.All(input => wanted.Contains(input) || front.Contains(input) || spaces.IsImage(input));
            if (!isReached || !alignment.IsAligned(node) || !CanBeMerged(node))
                wanted.Remove(node);
        }
    }

    private bool CanBeMerged(Node node)
    {
        foreach (ChannelSegment segment in spaces.LayoutOf(node))
        {
            if (spaces[segment.Space] is { Obstacle: not null, IsInput: false })
                return false;
        }

        return true;
    }

    /// <summary>Whether all members do the same to the channels of the image, so that one node does for all.</summary>
    private bool HasEqualConstants(Node node) =>
        Enumerable.Range(1, alignment.Members.Count - 1).All(m => node.Layer.ComputesSameAs(alignment.CounterpartOf(node, m).Layer));

    /// <summary>Takes back what the members do to the image in different ways.</summary>
    /// <returns>Whether there was something to take back.</returns>
    private bool RemoveDifferent(HashSet<Node> shared, bool shareNormalization) =>
        shared.RemoveWhere(node => spaces.IsImage(node) && !HasEqualConstants(node) && !(shareNormalization && CanShare(node, shared))) > 0;

    /// <summary>Whether a normalization of the image can stand for different ones: whatever reads them can take in the difference, and is shared.</summary>
    private bool CanShare(Node node, HashSet<Node> shared)
    {
        if (node is not { Layer: ChannelAffine affine, Inputs: [{ Layer: Input }] } || !affine.Scale.IsFinite() || affine.Scale.Span.Contains(0))
            return false;
        for (int m = 0; m < alignment.Members.Count; m++)
        {
            Network network = alignment.Members[m].Network;
            Node own = alignment.CounterpartOf(node, m);
            HashSet<Node> readers = [.. shared.Where(reader => reader.Inputs.Contains(node)).Select(reader => alignment.CounterpartOf(reader, m))];
            bool canTakeIn = network.FindConsumers()[network.IndexOf(own)].All(reader => reader.Layer is Conv2d { Groups: 1 } && readers.Contains(reader));
            if (!canTakeIn || network.Heads.Any(head => head.Node == own))
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
        Network network = alignment.Base;
        IReadOnlyList<IReadOnlyList<Node>> consumers = network.FindConsumers();
        HashSet<Node> outputs = [.. network.Heads.Select(head => head.Node)];
        foreach (Node node in network.Nodes)
        {
            // An unshared common node (a normalization of its own) leaves nothing to merge in the layer behind it.
            if (node.Inputs.Any(input => spaces.IsImage(input) && !shared.Contains(input)))
                shared.Remove(node);
        }

        for (int i = network.Nodes.Count - 1; i >= 0; i--)
        {
            Node node = network.Nodes[i];
            if (shared.Contains(node) && !spaces.IsImage(node) && !outputs.Contains(node)
                && !consumers[i].Any(consumer => shared.Contains(consumer) || consumer.Layer.MixesChannels))
            {
                shared.Remove(node);
            }
        }
    }

    private void CheckNames(HashSet<Node> shared)
    {
        foreach (ZipMember member in alignment.Members)
        {
            Node? clash = shared.FirstOrDefault(node => node.Name.StartsWith(member.Name + "/", StringComparison.Ordinal));
            if (clash is not null)
            {
                throw new ArgumentException(
                    $"'{alignment.Members[0].Name}' has a node '{clash.Name}', a name that nodes of '{member.Name}' would get. Call that network differently.");
            }
        }
    }
}
