namespace ZipIt.Merging;

/// <summary>What the calibration images say about one feature space.</summary>
/// <param name="Space">The space, in the first member.</param>
/// <param name="Statistics">Mean and covariance of all members' features.</param>
/// <param name="Importance">What each feature matters to the layers that read it.</param>
public sealed record SpaceStatistics(FeatureSpace Space, FeatureStatistics Statistics, IReadOnlyList<double> Importance)
{
    /// <summary>
    /// Name of the node where the features were measured, in the first member. Depends on the cut where that lies inside a residual stage. Default: the space's
    /// own.
    /// </summary>
    public string Node { get; init; } = Space.Name;
}
