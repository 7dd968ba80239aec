using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>The layer between the pixels of an image and the rest of a network.</summary>
internal static class FirstLayer
{
    /// <summary>The network with a layer between its input and all nodes that take it.</summary>
    /// <exception cref="ArgumentException">The layer has another number of channels than the input.</exception>
    public static Network Insert(Network network, ChannelAffine layer)
    {
        var rewriter = new NetworkRewriter(network);
        rewriter.InsertBehind(network.Inputs[0], rewriter.FindFreeName("normalization"), layer);
        return rewriter.ToNetwork();
    }

    /// <summary>Whether both networks do the same to the pixels before their first other layer.</summary>
    public static bool IsSame(Network first, Network second) => Find(first) is { } own
        ? Find(second) is { } other && own.ComputesSameAs(other)
        : Find(second) is null;

    private static ChannelAffine? Find(Network network) =>
        network.Nodes.FirstOrDefault(node => node.Layer is ChannelAffine && node.Inputs[0].Layer is Input)?.Layer as ChannelAffine;
}
