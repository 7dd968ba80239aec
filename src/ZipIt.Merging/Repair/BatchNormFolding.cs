using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Folds batch normalizations into the convolutions before them, which leaves the network's outputs as they are.</summary>
internal static class BatchNormFolding
{
    /// <summary>
    /// Makes members comparable: a refitted network has its normalizations folded, others have not. If some member has none at all and another one has, they
    /// are folded in all.
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
                (Tensor weight, Tensor bias) = new FoldedWeights(conv.Weight, conv.Bias, ChannelAffine.Of(norm)).ToTensors();
                rewriter.Replace(source, conv.With(weight, bias));
                rewriter.Remove(node);
            }
        }

        return rewriter.ToNetwork();
    }
}
