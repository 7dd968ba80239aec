using System.Globalization;
using ZipIt.Merging;

namespace ZipIt.Tool.Inputs;

/// <summary>How far a zip reaches, as a command line or a recipe says it.</summary>
/// <param name="Text">What was written.</param>
/// <param name="Cut">The cut; null for as far as the classifiers allow.</param>
internal sealed record CutChoice(string Text, ZipCut? Cut)
{
    /// <summary>What may be written, for help and messages.</summary>
    public const string Forms =
        "a number of layers (13 or 13/20), stage:N, spaces:N, node:NAME, heads (all before the outputs), all (the outputs too), far (all that can be merged), nothing, or auto";

    /// <summary>Reads a cut.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static CutChoice Parse(string text)
    {
        string[] parts = text.Split(':', 2, StringSplitOptions.TrimEntries);
        ZipCut? cut = (parts[0], parts.Length) switch
        {
            ("auto", 1) => null,
            ("all", 1) => ZipCut.Everything,
            ("heads", 1) => ZipCut.BeforeHeads,
            ("far", 1) => ZipCut.AsFarAsPossible,
            ("nothing", 1) => ZipCut.Nothing,
            ("stage", 2) => ZipCut.AfterStage(Count(parts[1])),
            ("spaces", 2) => ZipCut.AfterSpaces(Count(parts[1])),
            ("layers", 2) => ZipCut.AfterLayers(Count(parts[1])),
            ("node", 2) when parts[1].Length > 0 => ZipCut.AfterNode(parts[1]),
            (_, 1) => ZipCut.AfterLayers(Count(parts[0].Split('/')[0])),
            _ => throw Unknown(),
        };
        return new CutChoice(text, cut);

        int Count(string number) => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : throw Unknown();

        FormatException Unknown() => new($"There is no cut '{text}'; expected {Forms}.");
    }
}
