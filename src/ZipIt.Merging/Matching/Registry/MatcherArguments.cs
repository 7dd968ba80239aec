namespace ZipIt.Merging;

/// <summary>The values of a matcher's parameters, read and in range.</summary>
internal sealed class MatcherArguments
{
    private readonly Dictionary<string, object> _values = [];

    /// <summary>Reads values; parameters that have none get their defaults.</summary>
    /// <exception cref="FormatException">A value belongs to no parameter, or is none of its values.</exception>
    public MatcherArguments(MatcherDescription matcher, IReadOnlyDictionary<string, string> values)
    {
        foreach ((string name, string value) in values)
        {
            if (!matcher.Parameters.Any(parameter => parameter.Name == name))
            {
                string known = matcher.Parameters.Count == 0
                    ? "it has none"
                    : $"it has {string.Join(", ", matcher.Parameters.Select(parameter => $"'{parameter.Name}'"))}";
                throw new FormatException($"The matcher '{matcher.Name}' has no parameter '{name}'; {known}.");
            }
        }

        foreach (MatcherParameter parameter in matcher.Parameters)
            _values.Add(parameter.Name, parameter.Parse(values.GetValueOrDefault(parameter.Name, parameter.Default)));
    }

    /// <summary>The value of a number.</summary>
    public double Number(string name) => (double)_values[name];

    /// <summary>The value of a whole number.</summary>
    public int WholeNumber(string name) => (int)_values[name];

    /// <summary>Whether a switch is on.</summary>
    public bool Switch(string name) => (bool)_values[name];

    /// <summary>The value of a choice.</summary>
    public string Choice(string name) => (string)_values[name];
}
