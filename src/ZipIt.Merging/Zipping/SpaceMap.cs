namespace ZipIt.Merging;

/// <summary>The map of one feature space.</summary>
/// <param name="Space">The space, in the first member.</param>
/// <param name="Map">Its merge and unmerge matrix.</param>
public sealed record SpaceMap(FeatureSpace Space, FeatureMap Map)
{
    /// <summary>How well the map fits the features; null for outputs, which are only averaged, and for maps that were found without statistics.</summary>
    public SpaceReport? Report { get; init; }
}
