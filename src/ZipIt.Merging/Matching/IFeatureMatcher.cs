namespace ZipIt.Merging;

/// <summary>Matches one feature space after the other, by what its features do on the calibration images.</summary>
public interface IFeatureMatcher : IMatcher
{
    /// <summary>Whether <see cref="MatchingProblem.Importance"/> makes a difference. Default false.</summary>
    bool UsesImportance => false;

    /// <summary>Finds merge and unmerge matrix of one space.</summary>
    /// <param name="problem">Statistics of the space and the number of features to keep.</param>
    /// <exception cref="ArgumentException">The matcher cannot reach the requested number of merged features, or does not handle so many models.</exception>
    FeatureMap Match(MatchingProblem problem);
}
