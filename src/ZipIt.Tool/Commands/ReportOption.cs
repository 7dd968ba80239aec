using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text;
using ZipIt.Networks;
using ZipIt.Tool.HtmlReport;
using ZipIt.Tool.Measuring;

namespace ZipIt.Tool.Commands;

/// <summary>The option <c>--report</c>: a page that shows what came out.</summary>
internal static class ReportOption
{
    private const int ExampleCount = 12;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Versions of the program, the runtime and the machine.</summary>
    public static IReadOnlyList<ReportFact> Versions { get; } =
    [
        new("zipit", ToolVersion.Text),
        new(".NET", Environment.Version.ToString()),
        new("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors"),
    ];

    /// <summary>Makes the option.</summary>
    public static Option<string?> Create() => new("--report")
    {
        Description = "Also write a page that shows what came out: one HTML file.",
        HelpName = "file.html",
    };

    /// <summary>Makes sure that a page can be written, before long work.</summary>
    public static void Check(string? path)
    {
        if (path is not null)
            OutputFile.Check(path, ".html", ".htm");
    }

    /// <summary>Writes a page.</summary>
    public static void Write(ToolSession session, string path, ReportDocument document)
    {
        session.WriteFile(path, stream =>
        {
            using var writer = new StreamWriter(stream, Utf8, leaveOpen: true);
            ReportWriter.Write(document, writer);
        });
        session.Say($"wrote {path}");
    }

    /// <summary>The command line, as one would type it.</summary>
    public static string Describe(ParseResult arguments) =>
        $"zipit {string.Join(' ', arguments.Tokens.Select(token => Quote(token.Value)))}";

    private static string Quote(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:,+=".Contains(c, StringComparison.Ordinal))
        ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>Some images, spread over all, with what each model says of them.</summary>
    public static ExamplesSection Examples(ImageTrial trial, IReadOnlyList<ScoredNetwork> models)
    {
        ImageTrial few = trial.Take(ExampleCount);
        Verdict[][] verdicts = [.. models.Select(model => few.Ask(model).ToArray())];
        var images = new List<ExampleImage>();
        ReadOnlySpan<int> shape = models[0].ImageShape;
        Tensor pixels = few.Read(shape);
        for (int i = 0; i < few.Images.Count; i++)
        {
            images.Add(ExampleImage.FromPixels(
                Path.GetFileName(few.Images.NameOf(i)), pixels.Slice(i, 1).Span, shape[0], shape[1], shape[2], few.Images.LabelOf(i),
                [.. models.Select((model, m) => (model, verdicts[m][i])).Select(pair =>
                {
                    int best = pair.Item2.Best(1)[0];
                    return new ExampleVerdict(pair.model.Name, pair.model.Labels[best], pair.Item2.Joint[best]);
                })]));
        }

        return new ExamplesSection(images);
    }
}
