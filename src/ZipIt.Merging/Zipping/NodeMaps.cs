using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Merge and unmerge matrices of whole values. A node's channels may come from several feature spaces, and after flattening a channel stands for several
/// features: this puts the maps of the spaces together accordingly.
/// </summary>
internal sealed class NodeMaps
{
    private readonly FeatureSpaces _spaces;
    private readonly IReadOnlyDictionary<int, Space> _maps;
    private readonly Dictionary<(Node Node, int Member), SparseRows> _merge = [];
    private readonly Dictionary<(Node Node, int Member), SparseRows> _unmerge = [];

    private NodeMaps(FeatureSpaces spaces, IReadOnlyDictionary<int, Space> maps) => (_spaces, _maps) = (spaces, maps);

    /// <summary>The maps of a merge.</summary>
    /// <param name="spaces">The feature spaces of the first member.</param>
    /// <param name="maps">Merge and unmerge matrices by the index of the space.</param>
    public static NodeMaps Of(FeatureSpaces spaces, IReadOnlyDictionary<int, FeatureMap> maps) =>
        new(spaces, maps.ToDictionary(entry => entry.Key, entry => new Space(entry.Value.Widths.ToArray(), entry.Value.MergedCount, entry.Value)));

    /// <summary>The sizes of maps that are not known yet: matrices without entries.</summary>
    /// <param name="structure">What is shared.</param>
    /// <param name="widths">Number of merged features by the index of the space.</param>
    public static NodeMaps OfWidths(ZipStructure structure, IReadOnlyDictionary<int, int> widths) =>
        new(structure.Spaces, widths.ToDictionary(entry => entry.Key, entry => new Space(structure.WidthsOf(structure.Spaces[entry.Key]), entry.Value, null)));

    /// <summary>A member's slice of M for a node's value [merged features, own features].</summary>
    public SparseRows MergeOf(Node node, int member) =>
        _merge.TryGetValue((node, member), out SparseRows? known) ? known : _merge[(node, member)] = FindMerge(node, member);

    /// <summary>A member's slice of U for a node's value [own features, merged features].</summary>
    public SparseRows UnmergeOf(Node node, int member) =>
        _unmerge.TryGetValue((node, member), out SparseRows? known) ? known : _unmerge[(node, member)] = FindUnmerge(node, member);

    private SparseRows FindMerge(Node node, int member)
    {
        var rows = new List<FeatureMap.Entry[]>();
        int sourceStart = 0;
        foreach (ChannelSegment segment in _spaces.LayoutOf(node))
        {
            Space space = SpaceOf(segment);
            int offset = space.OffsetOf(member), width = space.Widths[member];
            for (int p = 0; p < space.Merged; p++)
            {
                FeatureMap.Entry[] own = [.. space.MergeRow(p).Where(entry => entry.Index >= offset && entry.Index < offset + width)];
                for (int r = 0; r < segment.Repeats; r++)
                    rows.Add([.. own.Select(entry => new FeatureMap.Entry(sourceStart + (entry.Index - offset) * segment.Repeats + r, entry.Weight))]);
            }

            sourceStart += width * segment.Repeats;
        }

        return new SparseRows([.. rows], sourceStart);
    }

    private SparseRows FindUnmerge(Node node, int member)
    {
        var rows = new List<FeatureMap.Entry[]>();
        int mergedStart = 0;
        foreach (ChannelSegment segment in _spaces.LayoutOf(node))
        {
            Space space = SpaceOf(segment);
            int offset = space.OffsetOf(member);
            for (int j = 0; j < space.Widths[member]; j++)
            {
                FeatureMap.Entry[] own = space.UnmergeRow(offset + j);
                for (int r = 0; r < segment.Repeats; r++)
                    rows.Add([.. own.Select(entry => new FeatureMap.Entry(mergedStart + entry.Index * segment.Repeats + r, entry.Weight))]);
            }

            mergedStart += space.Merged * segment.Repeats;
        }

        return new SparseRows([.. rows], mergedStart);
    }

    private Space SpaceOf(ChannelSegment segment) => _maps.TryGetValue(segment.Space, out Space? space)
        ? space
        : throw new ArgumentException($"There is no map for the feature space '{_spaces[segment.Space].Name}'.");

    /// <summary>The map of one space, or only its size.</summary>
    private sealed record Space(int[] Widths, int Merged, FeatureMap? Map)
    {
        public int OffsetOf(int member) => Widths.Take(member).Sum();

        public FeatureMap.Entry[] MergeRow(int merged) => Map is null ? [] : Map.MergeRow(merged).ToArray();

        public FeatureMap.Entry[] UnmergeRow(int source) => Map is null ? [] : Map.UnmergeRow(source).ToArray();
    }
}
