using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Lets heads read more than the last feature map: the pooled values of all activations of the last stage, beside those of its last map. A zipped network has
/// given up some of the features that a task's head was made for; what they were computed from is often still there a few layers earlier, where reading it
/// costs next to nothing (heads on intermediate features: Evci et al., <i>Head2Toe</i>, ICML 2022; for zipped networks and without labels it is ours).
/// </summary>
internal static class DeepHeads
{
    private const int MostColumns = 1024; // that a head reads in all

    /// <summary>Widens the heads of a zipped network as the options of its refit say.</summary>
    /// <param name="merged">A zipped network.</param>
    /// <param name="members">Its members.</param>
    /// <param name="options">Whether heads are widened, and what the network may cost.</param>
    public static MergedNetwork Widen(MergedNetwork merged, IReadOnlyList<ZipMember> members, ZipOptions options)
    {
        if (options.Refit is { DeepHeads: false })
            return merged;
        double byWidths = options.FlopsBudget is { } budget
            ? budget * members.Max(member => NetworkCost.Of(member.Network).MultiplyAdds)
            : double.PositiveInfinity;
        return Widen(merged, options.Cut is BudgetCut cut ? Math.Min(byWidths, cut.BudgetFor(members)) : byWidths);
    }

    /// <summary>
    /// Members with heads of one kind: where one has widened heads (a zipped network that is zipped again), those of the others are widened too, which leaves
    /// their outputs as they are.
    /// </summary>
    public static IReadOnlyList<ZipMember> Unify(IReadOnlyList<ZipMember> members)
    {
        if (!members.Any(member => member.Network.Heads.Any(head =>
            head.Node is { Layer: Linear, Inputs: [{ Layer: Flatten, Inputs: [{ Layer: Concat } joined] }] }
            && joined.Inputs.All(input => input.Layer is GlobalAveragePool))))
        {
            return members;
        }

        return [.. members.Select(member =>
        {
            var origins = member.Network.Nodes.ToDictionary(node => node, _ => new NodeOrigin([]));
            return new ZipMember(member.Name, Widen(new MergedNetwork(member.Network, origins)).Network) { Weight = member.Weight };
        })];
    }

    /// <summary>
    /// Widens all heads that are a Linear layer behind global average pooling; the new weights are 0, so that the outputs stay as they are until the heads are
    /// refitted.
    /// </summary>
    /// <param name="merged">A zipped network.</param>
    /// <param name="mostMultiplyAdds">Multiply-adds of one image that the network may take; it is left as it is if its heads would exceed them.</param>
    public static MergedNetwork Widen(MergedNetwork merged, double mostMultiplyAdds = double.PositiveInfinity)
    {
        Network network = merged.Network;
        var origins = new Dictionary<Node, NodeOrigin>(merged.Origins, ReferenceEqualityComparer.Instance);
        var readouts = new HashSet<Node>(ReferenceEqualityComparer.Instance);
        var pooled = new Dictionary<Node, Node>(ReferenceEqualityComparer.Instance); // by the pooling that a head reads: all that it shall read
        var widened = new Dictionary<Node, Node>(ReferenceEqualityComparer.Instance);
        foreach (Node head in network.Heads.Select(head => head.Node).Distinct())
        {
            if (head is not { Layer: Linear linear } || head.Inputs is not [{ Layer: Flatten, Inputs: [{ Layer: GlobalAveragePool } pooling] }])
                continue;
            if (!pooled.TryGetValue(pooling, out Node? all))
                pooled.Add(pooling, all = ReadStage(network, pooling, origins, readouts));
            if (!ReferenceEquals(all, pooling))
            {
                widened[head] = new Node(head.Name, Widen(linear, CountColumns(network, all)), all);
                origins[widened[head]] = origins[head];
            }
        }

        if (widened.Count == 0)
            return merged;
        var deep = new Network([.. network.Heads.Select(head => new Head(head.Name, widened.GetValueOrDefault(head.Node, head.Node)))]);
        return NetworkCost.Of(deep).MultiplyAdds <= mostMultiplyAdds ? new MergedNetwork(deep, origins) { Readouts = readouts } : merged;
    }

    /// <summary>The pooled values of a stage one after the other, as a vector; the pooling itself if there is nothing to add.</summary>
    private static Node ReadStage(Network network, Node pooling, Dictionary<Node, NodeOrigin> origins, HashSet<Node> readouts)
    {
        Node last = pooling.Inputs[0];
        int left = MostColumns - network.ShapeOf(last)[0];
        var parts = new List<Node> { pooling };
        foreach (Node source in FindStage(network, last))
        {
            left -= network.ShapeOf(source)[0];
            if (left < 0)
                break;
            parts.Add(Enter(new Node($"{pooling.Name}.{source.Name}", new GlobalAveragePool(), source)));
            readouts.Add(parts[^1]);
        }

        if (parts.Count == 1)
            return pooling;
        return Enter(new Node($"{pooling.Name}.vector", new Flatten(), Enter(new Node($"{pooling.Name}.stage", new Concat(), [.. parts]))));

        Node Enter(Node node)
        {
            origins[node] = new NodeOrigin([]);
            return node;
        }
    }

    /// <summary>The activations before a feature map that have its size, the nearest first.</summary>
    private static IEnumerable<Node> FindStage(Network network, Node last)
    {
        int[] size = network.ShapeOf(last)[1..].ToArray();
        var seen = new HashSet<Node>(ReferenceEqualityComparer.Instance) { last };
        var path = new Stack<Node>(last.Inputs);
        while (path.TryPop(out Node? node))
        {
            if (!network.ShapeOf(node)[1..].SequenceEqual(size) || !seen.Add(node))
                continue;
            foreach (Node input in node.Inputs)
                path.Push(input);
        }

        return seen.Where(node => node.Layer is Activation && !ReferenceEquals(node, last)).OrderByDescending(network.IndexOf);
    }

    private static int CountColumns(Network network, Node vector) => vector.Inputs[0].Inputs.Sum(pooling => network.ShapeOf(pooling.Inputs[0])[0]);

    private static Linear Widen(Linear linear, int columns)
    {
        int outputs = linear.Weight[0], own = linear.Weight[1];
        var weight = new Tensor(outputs, columns);
        for (int o = 0; o < outputs; o++)
            linear.Weight.Span.Slice(o * own, own).CopyTo(weight.Span[(o * columns)..]);
        return new Linear(weight, linear.Bias);
    }
}
