using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>A refitted network.</summary>
/// <param name="Network">The network; normalizations behind refitted layers are folded into them.</param>
/// <param name="Layers">One entry per refitted layer, in the order in which they were fitted.</param>
public sealed record RefitResult(Network Network, IReadOnlyList<LayerReport> Layers)
{
    /// <summary>Outputs for the calibration images, where their tasks are known; null if they are not.</summary>
    internal TaskOutputs? Outputs { get; init; }
}
