using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>A zipped network, and what each of its nodes stands for.</summary>
/// <param name="Network">The network.</param>
/// <param name="Origins">One entry for each node of the network.</param>
internal sealed record MergedNetwork(Network Network, IReadOnlyDictionary<Node, NodeOrigin> Origins);
