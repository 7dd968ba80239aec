using System.Runtime.CompilerServices;

namespace ZipIt.Merging;

/// <summary>Remembers the maps of another matcher: spaces that several cuts share are matched once.</summary>
internal sealed class CachingMatcher(IFeatureMatcher matcher) : IFeatureMatcher
{
    private readonly ConditionalWeakTable<FeatureStatistics, FeatureMap> _maps = [];

    public string Name => matcher.Name;

    public FeatureMap Match(MatchingProblem problem)
    {
        if (!_maps.TryGetValue(problem.Statistics, out FeatureMap? map))
            _maps.Add(problem.Statistics, map = matcher.Match(problem));
        return map;
    }
}
