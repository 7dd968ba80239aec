using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>A zipped network and how it came about.</summary>
/// <param name="Network">The network; it has an output for each member, of its name.</param>
/// <param name="Maps">Merge and unmerge matrices of the spaces that were merged.</param>
/// <param name="Report">What was merged, and what it costs.</param>
public sealed record ZipResult(Network Network, IReadOnlyList<SpaceMap> Maps, ZipReport Report)
{
    /// <summary>
    /// The tasks of <see cref="ZipOptions.Tasks"/> with their <see cref="ClassificationTask.Calibration"/> in this network; empty if they are not known.
    /// </summary>
    public IReadOnlyList<ClassificationTask> Tasks { get; init; } = [];
}
