using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Folds batch normalizations into the convolutions before them, which leaves the network's outputs as they are.</summary>
internal static class BatchNormFolding
{
    /// <summary>
    /// Makes members comparable: a refitted network has its normalizations folded, others have not. If some member has none at all and another one has, they are folded in all.
    /// </summary>
    public static IReadOnlyList<ZipMember> Unify(IReadOnlyList<ZipMember> members)
    {
        bool[] hasNorms = [.. members.Select(member => member.Network.Nodes.Any(node => node.Layer is BatchNorm2d))];
        return hasNorms.Distinct().Count() == 1
            ? members
            : [.. members.Select(member => new ZipMember(member.Name, Fold(member.Network)) { Weight = member.Weight })];
    }

    /// <summary>The network with every normalization that alone reads a convolution folded into it.</summary>
    public static Network Fold(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        IReadOnlyList<IReadOnlyList<Node>> consumers = network.FindConsumers();
        var outputs = network.Heads.Select(head => head.Node).ToHashSet();
        var rewriter = new NetworkRewriter(network);
        foreach (Node node in network.Nodes)
        {
            if (node.Layer is BatchNorm2d norm && node.Inputs[0] is { Layer: Conv2d conv } source
                && consumers[network.IndexOf(source)].Count == 1 && !outputs.Contains(source))
            {
                rewriter.Replace(source, Fold(conv, norm));
                rewriter.Remove(node);
            }
        }

        return rewriter.ToNetwork();
    }

    private static Conv2d Fold(Conv2d conv, BatchNorm2d norm)
    {
        (Tensor scale, Tensor shift) = norm.ToAffine();
        Tensor weight = conv.Weight.Clone();
        int length = weight.Length / weight[0];
        for (int o = 0; o < weight[0]; o++)
        {
            foreach (ref float value in weight.Span.Slice(o * length, length))
                value *= scale.Span[o];
            if (conv.Bias is not null)
                shift.Span[o] += scale.Span[o] * conv.Bias.Span[o];
        }

        return conv.With(weight, shift);
    }
}
