namespace ZipIt.Merging;

/// <summary>Counts the merges of a map, and how alike the features are that share a merged one.</summary>
internal sealed class MergeCount
{
    private readonly int[] _memberOf;
    private int _pairs;
    private double _sum;
    private double _smallest = double.PositiveInfinity;

    public MergeCount(FeatureMap map, FeatureStatistics statistics, LinearReconstruction reconstruction)
    {
        _memberOf = [.. Enumerable.Range(0, map.ModelCount).SelectMany(m => Enumerable.Repeat(m, map.Widths[m]))];
        Within = new int[map.ModelCount];
        double[] deviations = statistics.ToDeviations();
        var membersOf = new HashSet<int>[map.MergedCount]; // members with a feature in each merged one
        var isMerged = new bool[map.SourceCount];
        for (int p = 0; p < map.MergedCount; p++)
        {
            ReadOnlySpan<FeatureMap.Entry> group = map.MergeRow(p);
            membersOf[p] = [];
            for (int i = 0; i < group.Length; i++)
            {
                isMerged[group[i].Index] = true;
                Count(group[i].Index, membersOf[p]);
                for (int k = 0; k < i; k++)
                    AddPair(CorrelationOf(statistics, deviations, group[i].Index, group[k].Index));
            }
        }

        for (int j = 0; j < isMerged.Length; j++)
        {
            if (isMerged[j])
                continue;
            (int closest, double correlation) = reconstruction.FindClosest(j);
            Count(j, membersOf[closest]);
            AddPair(correlation);
        }
    }

    /// <summary>For each member the number of merges of two of its own features.</summary>
    public int[] Within { get; }

    /// <summary>Number of merges of features of different members.</summary>
    public int Across { get; private set; }

    /// <summary>Mean correlation of the pairs; NaN if there are none.</summary>
    public double MeanCorrelation => _pairs == 0 ? double.NaN : _sum / _pairs;

    /// <summary>Smallest correlation of a pair; NaN if there are none.</summary>
    public double MinimumCorrelation => _pairs == 0 ? double.NaN : _smallest;

    private void Count(int feature, HashSet<int> members)
    {
        int member = _memberOf[feature];
        if (!members.Add(member))
            Within[member]++;
        else if (members.Count > 1)
            Across++;
    }

    private void AddPair(double correlation)
    {
        _sum += correlation;
        _smallest = Math.Min(_smallest, correlation);
        _pairs++;
    }

    private static double CorrelationOf(FeatureStatistics statistics, double[] deviations, int i, int j)
    {
        double correlation = statistics.Covariance[i, j] / Math.Max(deviations[i] * deviations[j], FeatureStatistics.SmallestDeviationProduct);
        return double.IsFinite(correlation) ? correlation : 0;
    }
}
