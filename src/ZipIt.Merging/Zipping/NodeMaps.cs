using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Merge and unmerge matrices of whole values. A node's channels may come from several feature spaces, and after flattening a channel stands for several features: this puts the maps of the
/// spaces together accordingly.
/// </summary>
/// <param name="spaces">The feature spaces of the first member.</param>
/// <param name="maps">Merge and unmerge matrices by the index of the space.</param>
internal sealed class NodeMaps(FeatureSpaces spaces, IReadOnlyDictionary<int, FeatureMap> maps)
{
    private readonly Dictionary<(Node Node, int Member), SparseRows> _merge = [];
    private readonly Dictionary<(Node Node, int Member), SparseRows> _unmerge = [];

    /// <summary>Number of merged features of a node's value.</summary>
    public int CountMerged(Node node)
    {
        int length = 0;
        foreach (ChannelSegment segment in spaces.LayoutOf(node))
            length += MapOf(segment).MergedCount * segment.Repeats;
        return length;
    }

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
        foreach (ChannelSegment segment in spaces.LayoutOf(node))
        {
            FeatureMap map = MapOf(segment);
            int offset = map.OffsetOf(member), width = map.Widths[member];
            for (int p = 0; p < map.MergedCount; p++)
            {
                FeatureMap.Entry[] own = [.. map.MergeRow(p).ToArray().Where(entry => entry.Index >= offset && entry.Index < offset + width)];
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
        foreach (ChannelSegment segment in spaces.LayoutOf(node))
        {
            FeatureMap map = MapOf(segment);
            int offset = map.OffsetOf(member);
            for (int j = 0; j < map.Widths[member]; j++)
            {
                FeatureMap.Entry[] own = map.UnmergeRow(offset + j).ToArray();
                for (int r = 0; r < segment.Repeats; r++)
                    rows.Add([.. own.Select(entry => new FeatureMap.Entry(mergedStart + entry.Index * segment.Repeats + r, entry.Weight))]);
            }

            mergedStart += map.MergedCount * segment.Repeats;
        }

        return new SparseRows([.. rows], mergedStart);
    }

    private FeatureMap MapOf(ChannelSegment segment) => maps.TryGetValue(segment.Space, out FeatureMap? map)
        ? map
        : throw new ArgumentException($"There is no map for the feature space '{spaces[segment.Space].Name}'.");
}
