using System.Globalization;

namespace ZipIt.Merging;

/// <summary>A parameter of a matcher, as a command line or a report shows it.</summary>
public sealed record MatcherParameter
{
    private MatcherParameter(string name, MatcherParameterKind kind, string @default, string summary)
    {
        (Name, Kind, Default, Summary) = (name, kind, @default, summary);
    }

    /// <summary>Name: lower-case words with hyphens between them, as those of the matcher's property.</summary>
    public string Name { get; }

    /// <summary>What its value is.</summary>
    public MatcherParameterKind Kind { get; }

    /// <summary>The value that it has if none is given, as text.</summary>
    public string Default { get; }

    /// <summary>What it does, as a sentence.</summary>
    public string Summary { get; }

    /// <summary>The smallest value of a number.</summary>
    public double Least { get; private init; } = double.NegativeInfinity;

    /// <summary>The largest value of a number.</summary>
    public double Most { get; private init; } = double.PositiveInfinity;

    /// <summary>The values of a choice; empty for other kinds.</summary>
    public IReadOnlyList<string> Choices { get; private init; } = [];

    /// <summary>The values that are allowed, e.g. "0 … 1".</summary>
    public string Range => Kind switch
    {
        MatcherParameterKind.Switch => "true or false",
        MatcherParameterKind.Choice => string.Join(" or ", Choices),
        _ when double.IsInfinity(Least) => Kind == MatcherParameterKind.WholeNumber ? "any whole number" : "any number",
        _ when double.IsInfinity(Most) => string.Create(CultureInfo.InvariantCulture, $"at least {Least}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Least} … {Most}"),
    };

    /// <summary>A number.</summary>
    internal static MatcherParameter Number(string name, double @default, double least, double most, string summary) =>
        new(name, MatcherParameterKind.Number, @default.ToString(CultureInfo.InvariantCulture), summary) { Least = least, Most = most };

    /// <summary>A whole number.</summary>
    internal static MatcherParameter WholeNumber(string name, int @default, int? least, string summary) =>
        new(name, MatcherParameterKind.WholeNumber, @default.ToString(CultureInfo.InvariantCulture), summary) { Least = least ?? double.NegativeInfinity };

    /// <summary>Something that is on or off.</summary>
    internal static MatcherParameter Switch(string name, string summary) => new(name, MatcherParameterKind.Switch, "false", summary);

    /// <summary>One of several words; the first is the default.</summary>
    internal static MatcherParameter Choice(string name, string summary, params string[] choices) =>
        new(name, MatcherParameterKind.Choice, choices[0], summary) { Choices = choices };

    /// <summary>Reads a value.</summary>
    /// <returns>A double, an int, a bool or a string.</returns>
    /// <exception cref="FormatException">The text is no value of the parameter.</exception>
    internal object Parse(string text)
    {
        object? value = Kind switch
        {
            MatcherParameterKind.Number when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                && double.IsFinite(number) && IsInRange(number) => number,
            MatcherParameterKind.WholeNumber when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                && IsInRange(number) => number,
            MatcherParameterKind.Switch when bool.TryParse(text, out bool isOn) => isOn,
            MatcherParameterKind.Choice when Choices.Contains(text) => text,
            _ => null,
        };
        return value ?? throw new FormatException($"The parameter '{Name}' takes {Range}, found '{text}'.");
    }

    private bool IsInRange(double value) => value >= Least && value <= Most;
}
