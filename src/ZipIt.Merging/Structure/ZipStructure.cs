using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// What a zip shares: the aligned members, the feature spaces of the first one, the nodes that become one and the spaces that need a map for it.
/// </summary>
internal sealed class ZipStructure
{
    private readonly Dictionary<FeatureSpace, int> _entries;
    private readonly Dictionary<Node, Node>[] _sharedOf;

    /// <summary>Decides what is shared.</summary>
    /// <param name="alignment">The members.</param>
    /// <param name="spaces">Feature spaces of the first member.</param>
    /// <param name="cut">How far the zip reaches: a place, not a budget (<see cref="CutSearch"/>).</param>
    /// <param name="start">What stays per member at the front.</param>
    /// <param name="shareNormalization">Whether members that normalize images differently share the normalization of the first one.</param>
    /// <exception cref="ArgumentException">The members do not have in common what the cut asks for; the message names member and node.</exception>
    public ZipStructure(NetworkAlignment alignment, FeatureSpaces spaces, ZipCut cut, ZipCut start, bool shareNormalization = false)
    {
        (Alignment, Spaces, Cut) = (alignment, spaces, cut);
        Shared = new SharedNodes(alignment, spaces).Select(cut, start, shareNormalization);
        _sharedOf = [.. alignment.Members.Select((_, m) => Shared.ToDictionary(node => alignment.CounterpartOf(node, m)))];
        _entries = FindEntries();
        MergedSpaces = [.. Spaces.Where(space => !space.IsInput && (space.Nodes.Any(Shared.Contains) || _entries.ContainsKey(space)))];
    }

    public NetworkAlignment Alignment { get; }

    /// <summary>Feature spaces of the first member, whose nodes stand for their counterparts.</summary>
    public FeatureSpaces Spaces { get; }

    /// <summary>How far the zip reaches; a budget has become a place.</summary>
    public ZipCut Cut { get; }

    /// <summary>The nodes of the first member that become one node of the zipped network.</summary>
    public IReadOnlySet<Node> Shared { get; }

    /// <summary>Spaces that need merge and unmerge matrices, in topological order; outputs come last.</summary>
    public IReadOnlyList<FeatureSpace> MergedSpaces { get; }

    /// <summary>Spaces whose features are compared; outputs are only averaged.</summary>
    public IEnumerable<FeatureSpace> MatchedSpaces => MergedSpaces.Where(space => !space.IsOutput);

    /// <summary>The shared nodes of a member, and for each of them the node of the first member that it is the counterpart of.</summary>
    public IReadOnlyDictionary<Node, Node> SharedOf(int member) => _sharedOf[member];

    /// <summary>
    /// Where the features of a merged space are measured in the first member: the last shared node before pooling over pixels; in a space that is merged only
    /// where a late start begins, the last node before that.
    /// </summary>
    public Node ObservationOf(FeatureSpace space)
    {
        if (space.Nodes.Any(Shared.Contains))
            return space.ObservationAmong(Shared.Contains) ?? space.Nodes.Last(Shared.Contains);
        bool IsBefore(Node node) => Alignment.Base.IndexOf(node) <= _entries[space] && Alignment.IsAligned(node);
        return space.ObservationAmong(IsBefore) ?? space.Nodes.Last(IsBefore);
    }

    /// <summary>Whether members that normalize images differently share one normalization.</summary>
    public bool SharesNormalization => Shared.Any(node => Enumerable.Range(1, Alignment.Members.Count - 1).Any(m => FindOwnNormalization(node, m) is not null));

    /// <summary>
    /// A member's layer of an aligned node, as it acts on what the zipped network gives it: where the member normalizes images differently, the layer behind
    /// takes that in.
    /// </summary>
    public Layer LayerOf(Node node, int member)
    {
        Layer layer = Alignment.CounterpartOf(node, member).Layer;
        return Shared.Contains(node) && layer is Conv2d reader && FindOwnNormalization(node.Inputs[0], member) is { } own
            ? SharedNormalization.TakeIn(reader, own, (ChannelAffine)node.Inputs[0].Layer)
            : layer;
    }

    /// <summary>Number of features of each member in a space.</summary>
    public int[] WidthsOf(FeatureSpace space) => Alignment.WidthsOf(space);

    /// <summary>What a member does instead of a shared normalization of the image; null if it does the same, or the node is another one.</summary>
    private ChannelAffine? FindOwnNormalization(Node node, int member) =>
        node is { Layer: ChannelAffine shared, Inputs: [{ Layer: Input }] } && Shared.Contains(node)
            && Alignment.CounterpartOf(node, member).Layer is ChannelAffine own
        && !own.ComputesSameAs(shared) ? own : null;

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
}
