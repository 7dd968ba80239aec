namespace ZipIt.Merging;

/// <summary>All matchers of the library: what they are called, what they do and take, and where they come from.</summary>
public static class MatcherRegistry
{
    /// <summary>The matchers, the default one first.</summary>
    public static IReadOnlyList<MatcherDescription> All { get; } =
    [
        SelectionMatcher.Description,
        ZipMatcher.Description,
        OptimalMatcher.Description,
        PermutationMatcher.Description,
        KMeansMatcher.Description,
        IdentityMatcher.Description,
        WeightMatcher.Description,
    ];

    /// <summary>The matcher of a name.</summary>
    /// <exception cref="FormatException">There is none; the message lists all names.</exception>
    public static MatcherDescription Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return All.FirstOrDefault(matcher => matcher.Name == name)
            ?? throw new FormatException($"There is no matcher '{name}'; there are {string.Join(", ", All.Select(matcher => $"'{matcher.Name}'"))}.");
    }

    /// <summary>The description of a matcher; null if it is not one of the library's.</summary>
    public static MatcherDescription? Find(IMatcher matcher)
    {
        ArgumentNullException.ThrowIfNull(matcher);
        return All.FirstOrDefault(entry => entry.MatcherType == matcher.GetType());
    }

    /// <summary>Makes a matcher of a name and values, as a command line has them: <c>zip</c>, or <c>zip:alpha=0.1,beta=0.8</c>.</summary>
    /// <exception cref="FormatException">There is no such matcher, parameter or value; the message says which there are.</exception>
    public static IMatcher Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':', 2, StringSplitOptions.TrimEntries);
        MatcherDescription matcher = Find(parts[0]);
        var values = new Dictionary<string, string>();
        foreach (string entry in parts.Length == 1 ? [] : parts[1].Split(',', StringSplitOptions.TrimEntries))
        {
            string[] sides = entry.Split('=', 2, StringSplitOptions.TrimEntries);
            if (sides.Length < 2)
                throw new FormatException($"Expected parameter=value behind '{matcher.Name}:', found '{entry}'.");
            if (!values.TryAdd(sides[0], sides[1]))
                throw new FormatException($"The parameter '{sides[0]}' of '{matcher.Name}' is given twice.");
        }

        return matcher.Create(values);
    }
}
