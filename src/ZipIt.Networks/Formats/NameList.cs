namespace ZipIt.Networks;

/// <summary>Lists of names in messages: the first few and how many more there are.</summary>
internal static class NameList
{
    private const int Shown = 5;
    private const int LongestName = 120;

    public static string Format(IReadOnlyCollection<string> names)
    {
        string shown = string.Join(", ", names.Take(Shown).Select(name => $"'{Shorten(name)}'"));
        return names.Count <= Shown ? shown : $"{shown} and {names.Count - Shown} more";
    }

    /// <summary>A name out of a file as a message may show it: of bounded length and on one line.</summary>
    public static string Shorten(string name)
    {
        string line = name.Length <= LongestName ? name : name[..LongestName] + "…";
        foreach (char c in line)
        {
            if (char.IsControl(c))
                return string.Concat(line.Select(shown => char.IsControl(shown) ? '?' : shown));
        }

        return line;
    }
}
