using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// The merge matrix M and the unmerge matrix U of one feature space, stored sparsely (paper, section 4.1): merged features are M·[f₀; f₁; …],
/// and U takes them back to an approximation of the sources. M is merged×sources, U is sources×merged; sources are the features of model 0, then of
/// model 1 and so on.
/// </summary>
public sealed class FeatureMap
{
    private readonly int[] _widths;
    private readonly Entry[][] _merge;
    private readonly Entry[][] _unmerge;

    /// <summary>Describes a map by its entries.</summary>
    /// <param name="widths">Number of source features of each model.</param>
    /// <param name="merge">For every merged feature its sources and their weights: the rows of M.</param>
    /// <param name="unmerge">For every source feature the merged features that stand for it and their weights: the rows of U.</param>
    /// <exception cref="ArgumentException">A row of M is empty, there are not as many rows in U as sources, or an index is out of range.</exception>
    public FeatureMap(ReadOnlySpan<int> widths, IReadOnlyList<IReadOnlyList<Entry>> merge, IReadOnlyList<IReadOnlyList<Entry>> unmerge)
    {
        ArgumentNullException.ThrowIfNull(merge);
        ArgumentNullException.ThrowIfNull(unmerge);
        _widths = widths.ToArray();
        _merge = [.. merge.Select(row => row.ToArray())];
        _unmerge = [.. unmerge.Select(row => row.ToArray())];
        int sources = _widths.Sum();
        if (_unmerge.Length != sources)
            throw new ArgumentException($"Expected {sources} rows, one for each source feature, found {_unmerge.Length}.", nameof(unmerge));
        if (_merge.Length == 0 || _merge.Any(row => row.Length == 0 || row.Any(entry => entry.Index < 0 || entry.Index >= sources)))
            throw new ArgumentException($"Every merged feature needs sources between 0 and {sources - 1}.", nameof(merge));
        if (_unmerge.Any(row => row.Any(entry => entry.Index < 0 || entry.Index >= _merge.Length)))
            throw new ArgumentException($"Merged features must lie between 0 and {_merge.Length - 1}.", nameof(unmerge));
    }

    /// <summary>One non-zero entry of a row of M or U.</summary>
    /// <param name="Index">Column: source feature in M, merged feature in U.</param>
    /// <param name="Weight">Value of the entry.</param>
    public readonly record struct Entry(int Index, double Weight);

    /// <summary>Number of source features of each model.</summary>
    public ReadOnlySpan<int> Widths => _widths;

    /// <summary>Number of models.</summary>
    public int ModelCount => _widths.Length;

    /// <summary>Number of source features of all models together.</summary>
    public int SourceCount => _unmerge.Length;

    /// <summary>Number of merged features.</summary>
    public int MergedCount => _merge.Length;

    /// <summary>
    /// A map of disjoint groups: every merged feature is the mean of its group, M[p, j] = 1/|g| and U[j, p] = 1 for j in g
    /// (paper, section 4.1; for pairs U = 2Mᵀ).
    /// </summary>
    /// <param name="widths">Number of source features of each model.</param>
    /// <param name="groups">Source features of every merged feature; each source in exactly one group.</param>
    /// <exception cref="ArgumentException">A source is missing or stands in two groups.</exception>
    public static FeatureMap FromGroups(ReadOnlySpan<int> widths, IReadOnlyList<IReadOnlyList<int>> groups) => FromGroups(widths, groups, size => 1.0 / size);

    /// <summary>A map of disjoint groups with a merge weight that depends on the group's size.</summary>
    internal static FeatureMap FromGroups(ReadOnlySpan<int> widths, IReadOnlyList<IReadOnlyList<int>> groups, Func<int, double> weightOfSize)
    {
        ArgumentNullException.ThrowIfNull(groups);
        int sources = 0;
        foreach (int width in widths)
            sources += width;
        var unmerge = new Entry[sources][];
        var merge = new Entry[groups.Count][];
        for (int p = 0; p < groups.Count; p++)
        {
            double weight = weightOfSize(groups[p].Count);
            merge[p] = [.. groups[p].Select(source => new Entry(source, weight))];
            foreach (int source in groups[p])
            {
                if (source < 0 || source >= sources || unmerge[source] is not null)
                    throw new ArgumentException($"Source feature {source} is out of range or stands in two groups.", nameof(groups));
                unmerge[source] = [new Entry(p, 1)];
            }
        }

        int missing = Array.FindIndex(unmerge, row => row is null);
        if (missing >= 0)
            throw new ArgumentException($"Source feature {missing} stands in no group.", nameof(groups));
        return new FeatureMap(widths, merge, unmerge);
    }

    /// <summary>Row of M: the sources of a merged feature and their weights.</summary>
    public ReadOnlySpan<Entry> MergeRow(int merged) => _merge[merged];

    /// <summary>Row of U: the merged features that stand for a source feature and their weights.</summary>
    public ReadOnlySpan<Entry> UnmergeRow(int source) => _unmerge[source];

    /// <summary>Position of a model's first feature among all sources.</summary>
    public int OffsetOf(int model)
    {
        int offset = 0;
        for (int m = 0; m < model; m++)
            offset += _widths[m];
        return offset;
    }

    /// <summary>The slice of M that a model's own features go through: merged × widths[model].</summary>
    public Matrix ToMergeMatrix(int model)
    {
        int offset = OffsetOf(model);
        var matrix = new Matrix(MergedCount, _widths[model]);
        for (int p = 0; p < MergedCount; p++)
        {
            foreach (Entry entry in MergeRow(p))
            {
                if (entry.Index >= offset && entry.Index < offset + _widths[model])
                    matrix[p, entry.Index - offset] += entry.Weight;
            }
        }

        return matrix;
    }

    /// <summary>The slice of U that gives back a model's own features: widths[model] × merged.</summary>
    public Matrix ToUnmergeMatrix(int model)
    {
        int offset = OffsetOf(model);
        var matrix = new Matrix(_widths[model], MergedCount);
        for (int j = 0; j < _widths[model]; j++)
        {
            foreach (Entry entry in UnmergeRow(offset + j))
                matrix[j, entry.Index] += entry.Weight;
        }

        return matrix;
    }

    /// <summary>The same map, with averages in which every member counts by its weight.</summary>
    internal FeatureMap Weighted(IReadOnlyList<ZipMember> members) =>
        members.Any(member => member.Weight != members[0].Weight) ? Reweigh([.. members.Select(member => member.Weight)]) : this;

    /// <summary>
    /// The same map with other averages: each entry of M counts as much as its model, and every row keeps its sum. U stays.
    /// </summary>
    /// <param name="weights">Weight of each model; positive.</param>
    internal FeatureMap Reweigh(IReadOnlyList<double> weights)
    {
        int[] modelOf = [.. Enumerable.Range(0, ModelCount).SelectMany(m => Enumerable.Repeat(m, _widths[m]))];
        return new FeatureMap(_widths, [.. _merge.Select(row =>
        {
            double sum = row.Sum(entry => entry.Weight), weighted = row.Sum(entry => entry.Weight * weights[modelOf[entry.Index]]);
            return weighted == 0 ? row : [.. row.Select(entry => entry with { Weight = entry.Weight * weights[modelOf[entry.Index]] * sum / weighted })];
        })], _unmerge);
    }
}
