using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>How the features of one space were merged.</summary>
/// <param name="Name">Name of the node where they were measured.</param>
/// <param name="Width">Number of merged features.</param>
/// <param name="MergesWithin">For each member the number of merges of two of its own features.</param>
/// <param name="MergesAcross">Number of merges of features of different members.</param>
/// <param name="MeanCorrelation">Mean correlation of all pairs of features that share a merged feature; NaN if there are none.</param>
/// <param name="MinimumCorrelation">Smallest correlation of such a pair; NaN if there are none.</param>
public sealed record SpaceReport(
    string Name, int Width, IReadOnlyList<int> MergesWithin, int MergesAcross, double MeanCorrelation, double MinimumCorrelation)
{
    /// <summary>Counts a map's merges. In a group each feature but the first is one merge: within a member if the group already holds one of its features.</summary>
    public static SpaceReport Of(string name, FeatureMap map, FeatureStatistics statistics)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(statistics);
        Matrix correlation = statistics.ToCorrelation();
        int[] memberOf = [.. Enumerable.Range(0, map.ModelCount).SelectMany(m => Enumerable.Repeat(m, map.Widths[m]))];
        var within = new int[map.ModelCount];
        int across = 0, pairs = 0;
        double sum = 0, smallest = double.PositiveInfinity;
        for (int p = 0; p < map.MergedCount; p++)
        {
            ReadOnlySpan<FeatureMap.Entry> group = map.MergeRow(p);
            var members = new HashSet<int>();
            for (int i = 0; i < group.Length; i++)
            {
                int member = memberOf[group[i].Index];
                if (!members.Add(member))
                    within[member]++;
                else if (i > 0)
                    across++;
                for (int k = 0; k < i; k++)
                {
                    double value = correlation[group[i].Index, group[k].Index];
                    sum += value;
                    smallest = Math.Min(smallest, value);
                    pairs++;
                }
            }
        }

        return new SpaceReport(name, map.MergedCount, within, across, pairs == 0 ? double.NaN : sum / pairs, pairs == 0 ? double.NaN : smallest);
    }
}
