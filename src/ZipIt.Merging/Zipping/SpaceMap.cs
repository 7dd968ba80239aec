namespace ZipIt.Merging;

/// <summary>The map of one feature space.</summary>
/// <param name="Space">The space, in the first member.</param>
/// <param name="Map">Its merge and unmerge matrix.</param>
public sealed record SpaceMap(FeatureSpace Space, FeatureMap Map);
