using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// The stages of a network, told from its graph and the shapes of its values alone. In a residual network a stage ends with the last sum of one resolution, and
/// takes all that this sum needs; the last stage takes the remaining Conv layers too. In others a stage is all Conv layers whose outputs have one resolution.
/// </summary>
internal sealed class NetworkStages
{
    private readonly Dictionary<Node, int> _stageOf;

    private NetworkStages(Dictionary<Node, int> stageOf)
    {
        _stageOf = stageOf;
        Count = stageOf.Count == 0 ? 0 : stageOf.Values.Max();
    }

    /// <summary>Number of stages.</summary>
    public int Count { get; }

    /// <summary>Finds the stages of a network.</summary>
    public static NetworkStages Of(Network network)
    {
        Node[] layers = [.. network.Nodes.Where(IsConvolution)];
        IGrouping<long, Node>[] sums = [.. network.Nodes
            .Where(node => node.Layer is Add && network.ShapeOf(node).Length == 3)
            .GroupBy(node => AreaOf(network, node))
            .OrderByDescending(group => group.Key)];
        var stages = new Dictionary<Node, int>();
        if (sums.Length == 0)
        {
            long[] areas = [.. layers.Select(node => AreaOf(network, node)).Distinct().OrderDescending()];
            foreach (Node layer in layers)
                stages[layer] = 1 + Array.IndexOf(areas, AreaOf(network, layer));
            return new NetworkStages(stages);
        }

        for (int i = 0; i < sums.Length; i++)
        {
            foreach (Node node in BeforeAny(network, sums[i]).Where(IsConvolution))
                stages.TryAdd(node, i + 1);
        }

        foreach (Node layer in layers)
            stages.TryAdd(layer, sums.Length);
        return new NetworkStages(stages);
    }

    /// <summary>Stage of a Conv layer, from 1; null for other nodes, which belong to the layers before them.</summary>
    public int? StageOf(Node node) => _stageOf.TryGetValue(node, out int stage) ? stage : null;

    private static bool IsConvolution(Node node) => node.Layer.HasWeights && node.Layer is not Linear;

    private static HashSet<Node> BeforeAny(Network network, IEnumerable<Node> ends)
    {
        var found = new HashSet<Node>(ends);
        foreach (Node node in network.Nodes.Reverse().Where(found.Contains))
            found.UnionWith(node.Inputs);
        return found;
    }

    private static long AreaOf(Network network, Node node)
    {
        ReadOnlySpan<int> shape = network.ShapeOf(node);
        return (long)shape[1] * shape[2];
    }
}
