using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>A zipped network, and what each of its nodes stands for.</summary>
/// <param name="Network">The network.</param>
/// <param name="Origins">One entry for each node of the network.</param>
internal sealed record MergedNetwork(Network Network, IReadOnlyDictionary<Node, NodeOrigin> Origins)
{
    /// <summary>Nodes that hand features to deep heads, beside what the members' heads read (<see cref="DeepHeads"/>).</summary>
    public IReadOnlySet<Node> Readouts { get; init; } = new HashSet<Node>();
}
