namespace ZipIt.Merging;

/// <summary>
/// Decides which features are merged: by what they do on images (<see cref="IFeatureMatcher"/>), or by the networks' weights (<see cref="IWeightMatcher"/>). A
/// matcher is plain data, its parameters, and holds no state between calls; the same input gives the same maps. <see cref="MatcherRegistry"/> lists those of
/// the library.
/// </summary>
public interface IMatcher
{
    /// <summary>Name of the method with its parameters, as tables show it.</summary>
    string Name { get; }

    /// <summary>Says what the matcher cannot do with some members and options, before the first image is read. Default: nothing.</summary>
    /// <param name="zipper">The members and how they are to be zipped.</param>
    /// <exception cref="ArgumentException">The matcher does not handle them; the message names the space or option.</exception>
    void Check(Zipper zipper)
    {
    }
}
