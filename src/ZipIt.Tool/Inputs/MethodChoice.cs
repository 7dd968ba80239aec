using System.Text.RegularExpressions;
using ZipIt.Merging;

namespace ZipIt.Tool.Inputs;

/// <summary>How features are merged, as a command line or a recipe says it: a ready-made combination, and perhaps another matcher.</summary>
/// <param name="Text">What was written.</param>
/// <param name="Method">The combination of matching and repair.</param>
/// <param name="Matcher">The matcher in the place of the combination's own; null for that.</param>
internal sealed partial record MethodChoice(string Text, ZipMethod Method, IMatcher? Matcher = null)
{
    /// <summary>The most accurate combination.</summary>
    public static MethodChoice Best { get; } = new("best", ZipMethod.Best);

    /// <summary>The ready-made combinations.</summary>
    public static IReadOnlyList<(string Name, string Summary)> Combinations { get; } =
    [
        ("best", "Selects the features from which all others are best reconstructed, and refits weights by least squares. The default."),
        ("paper", "The method of the ZipIt! paper exactly: greedy matching, averages, reset of batch normalization."),
        ("paper-with-refit", "The paper's matching with a least-squares refit in the place of the reset."),
        ("averaging", "Averages weights as they stand, and resets batch normalization: paper+average."),
        ("permute", "Brings one network's features in the order of the other's, and averages (Git Re-Basin): paper+permute."),
    ];

    /// <summary>Names of all combinations.</summary>
    public static IReadOnlyList<string> Names => [.. Combinations.Select(combination => combination.Name)];

    /// <summary>Reads a combination, or a combination, a plus sign and a matcher: <c>best</c>, <c>paper+zip:alpha=0.1,beta=0.8</c>.</summary>
    /// <exception cref="FormatException">There is no such combination, matcher or parameter; the message says which there are.</exception>
    public static MethodChoice Parse(string text)
    {
        string[] parts = text.Split('+', 2, StringSplitOptions.TrimEntries);
        (ZipMethod method, IMatcher? matcher) = parts[0] switch
        {
            "best" => (ZipMethod.Best, (IMatcher?)null),
            "paper" => (ZipMethod.Paper, null),
            "paper-with-refit" => (ZipMethod.PaperWithRefit, null),
            "averaging" => (ZipMethod.Paper, new IdentityMatcher()),
            "permute" => (ZipMethod.Paper, new PermutationMatcher()),
            _ => throw Choice.Unknown("method", parts[0], Names),
        };
        if (parts.Length == 1)
            return new MethodChoice(text, method, matcher);
        if (matcher is not null)
            throw new FormatException($"The method '{parts[0]}' has its matcher already; write paper+{parts[1]} or best+{parts[1]}.");
        return new MethodChoice(text, method, MatcherRegistry.Parse(parts[1]));
    }

    /// <summary>Reads methods with commas between them; a comma in front of another parameter of a matcher belongs to that.</summary>
    /// <exception cref="FormatException">See <see cref="Parse"/>.</exception>
    public static IReadOnlyList<MethodChoice> ParseList(string text) => [.. Between().Split(text).Select(method => Parse(method.Trim()))];

    [GeneratedRegex(",(?!\\s*[a-z-]+=)")]
    private static partial Regex Between();

    /// <summary>How the classes of several tasks are compared if nobody says it: by the paper's rule for its method.</summary>
    public JointScoring DefaultScoring => Method == ZipMethod.Paper ? JointScoring.Softmax : JointScoring.Calibrated;

    /// <summary>The options of a zip.</summary>
    /// <param name="tasks">The tasks of all members.</param>
    public ZipOptions ToOptions(IReadOnlyList<ClassificationTask> tasks)
    {
        ZipOptions options = ZipOptions.For(Method, tasks);
        return Matcher is null ? options : options with { Matcher = Matcher };
    }
}
