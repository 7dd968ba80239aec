namespace ZipIt.Merging;

/// <summary>Matches all feature spaces together, by the weights of the networks: no image is needed for it.</summary>
public interface IWeightMatcher : IMatcher
{
    /// <summary>Finds merge and unmerge matrices of all spaces that a zip merges.</summary>
    /// <param name="zipper">Networks and cut; its own matcher is not asked.</param>
    /// <returns>One map for each of <see cref="Zipper.MergedSpaces"/>, in their order.</returns>
    /// <exception cref="ArgumentException">The matcher does not handle the networks.</exception>
    IReadOnlyList<SpaceMap> Match(Zipper zipper);
}
