namespace ZipIt.Merging;

/// <summary>
/// Decides which features of one space are merged. A matcher is plain data (its parameters) and holds no state between calls; the same problem gives
/// the same map.
/// </summary>
public interface IFeatureMatcher
{
    /// <summary>Name of the method with its parameters, as tables show it.</summary>
    string Name { get; }

    /// <summary>Whether <see cref="MatchingProblem.Importance"/> makes a difference. Default false.</summary>
    bool UsesImportance => false;

    /// <summary>Finds merge and unmerge matrix of one space.</summary>
    /// <param name="problem">Statistics of the space and the number of features to keep.</param>
    /// <exception cref="ArgumentException">The matcher cannot reach the requested number of merged features, or does not handle so many models.</exception>
    FeatureMap Match(MatchingProblem problem);
}
