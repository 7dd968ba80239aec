using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>What a zip merged, and what it costs.</summary>
/// <param name="Matcher">Name of the matcher.</param>
/// <param name="Spaces">One entry per merged space, in topological order.</param>
/// <param name="Cost">Multiply-adds and parameters of the zipped network.</param>
/// <param name="MemberCosts">The same for each member.</param>
/// <param name="Times">Duration of each stage.</param>
public sealed record ZipReport(
    string Matcher, IReadOnlyList<SpaceReport> Spaces, NetworkCost Cost, IReadOnlyList<NetworkCost> MemberCosts, IReadOnlyDictionary<string, TimeSpan> Times)
{
    /// <summary>Errors of each layer before and after the least-squares refit; empty without one.</summary>
    public IReadOnlyList<LayerReport> Layers { get; init; } = [];
}
