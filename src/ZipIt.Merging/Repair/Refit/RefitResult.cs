using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>A refitted network.</summary>
/// <param name="Network">The network; normalizations behind refitted layers are folded into them.</param>
/// <param name="Layers">One entry per refitted layer, in the order in which they were fitted.</param>
public sealed record RefitResult(Network Network, IReadOnlyList<LayerReport> Layers);
