using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// The stages of a network, told from the shapes of its values alone: all Conv layers whose outputs have one resolution. In a network with residual sums, a
/// resolution without one joins the next (the stem) or, at the end, the last.
/// </summary>
internal sealed class NetworkStages
{
    private readonly Network _network;
    private readonly Dictionary<long, int> _stageOfArea;

    private NetworkStages(Network network, Dictionary<long, int> stageOfArea)
    {
        (_network, _stageOfArea) = (network, stageOfArea);
        Count = stageOfArea.Count == 0 ? 0 : stageOfArea.Values.Max();
    }

    /// <summary>Number of stages.</summary>
    public int Count { get; }

    /// <summary>Finds the stages of a network.</summary>
    public static NetworkStages Of(Network network)
    {
        long[] areas = [.. network.Nodes.Where(node => node.Layer is Conv2d).Select(node => AreaOf(network, node)).Distinct().OrderDescending()];
        HashSet<long> sums = [.. network.Nodes.Where(node => node.Layer is Add && network.ShapeOf(node).Length == 3).Select(node => AreaOf(network, node))];
        sums.IntersectWith(areas);
        var stages = new Dictionary<long, int>();
        int stage = 1, last = sums.Count == 0 ? areas.Length : sums.Count;
        foreach (long area in areas)
        {
            stages[area] = Math.Min(stage, last);
            if (sums.Count == 0 || sums.Contains(area))
                stage++;
        }

        return new NetworkStages(network, stages);
    }

    /// <summary>Stage of a Conv layer, from 1; null for other nodes, which belong to the layers before them.</summary>
    public int? StageOf(Node node) => node.Layer is Conv2d ? _stageOfArea[AreaOf(_network, node)] : null;

    private static long AreaOf(Network network, Node node)
    {
        ReadOnlySpan<int> shape = network.ShapeOf(node);
        return (long)shape[1] * shape[2];
    }
}
