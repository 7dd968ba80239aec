namespace ZipIt.Tool.Inputs;

/// <summary>Words that stand for the values of an enumeration: lower-case, with hyphens.</summary>
internal static class Choice
{
    /// <summary>The words.</summary>
    public static IReadOnlyList<string> NamesOf<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(ToWord)];

    /// <summary>The word of a value.</summary>
    public static string NameOf<T>(T value)
        where T : struct, Enum => ToWord(value.ToString());

    /// <summary>Reads a word.</summary>
    /// <param name="what">What it says, for messages.</param>
    /// <param name="text">The word.</param>
    /// <exception cref="FormatException">It is none of them; the message lists them.</exception>
    public static T Parse<T>(string what, string text)
        where T : struct, Enum
    {
        IReadOnlyList<string> names = NamesOf<T>();
        int index = names.ToList().IndexOf(text.ToLowerInvariant());
        return index >= 0 ? Enum.GetValues<T>()[index] : throw Unknown(what, text, names);
    }

    /// <summary>An error about a word that is none of some.</summary>
    public static FormatException Unknown(string what, string text, IReadOnlyList<string> known) =>
        new($"There is no {what} '{text}'{Suggestion.For(text, known) ?? $"; there are {string.Join(", ", known)}."}");

    private static string ToWord(string name) =>
        string.Concat(name.Select((c, i) => $"{(i > 0 && char.IsUpper(c) ? "-" : "")}{char.ToLowerInvariant(c)}"));
}
