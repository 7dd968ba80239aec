namespace ZipIt.Merging;

/// <summary>Remembers maps, so that spaces which several zips of the same members share are matched once.</summary>
internal sealed class MapCache
{
    private readonly Dictionary<(IFeatureMatcher Matcher, FeatureStatistics Statistics, int Width),
        List<(IReadOnlyList<double>? Importance, FeatureMap Map)>> _maps = [];

    /// <summary>The map that a matcher gives for a problem; the same one as before if neither has changed.</summary>
    public FeatureMap Match(IFeatureMatcher matcher, MatchingProblem problem)
    {
        IReadOnlyList<double>? importance = matcher.UsesImportance ? problem.Importance : null;
        (IFeatureMatcher, FeatureStatistics, int) key = (matcher, problem.Statistics, problem.MergedCount);
        if (!_maps.TryGetValue(key, out List<(IReadOnlyList<double>? Importance, FeatureMap Map)>? known))
            _maps.Add(key, known = []);
        FeatureMap? map = known.Find(entry => entry.Importance is null ? importance is null : importance is not null
            && entry.Importance.SequenceEqual(importance)).Map;
        if (map is null)
            known.Add((importance, map = matcher.Match(problem)));
        return map;
    }
}
