using System.CommandLine;
using System.Text;

namespace ZipIt.Tool.Commands;

/// <summary>The option <c>--svg</c>: the figure of a page as a file of its own, for documents.</summary>
internal static class FigureOption
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Makes the option.</summary>
    /// <param name="figure">What the figure shows.</param>
    public static Option<string?> Create(string figure) => new("--svg") { Description = $"Also write {figure}: one SVG file.", HelpName = "file.svg" };

    /// <summary>Makes sure that a figure can be written, before long work.</summary>
    public static void Check(string? path)
    {
        if (path is not null)
            OutputFile.Check(path, ".svg");
    }

    /// <summary>Writes a figure if one is asked for.</summary>
    public static void Write(ToolSession session, string? path, Action<TextWriter> write)
    {
        if (path is null)
            return;
        session.WriteFile(path, stream =>
        {
            using var writer = new StreamWriter(stream, Utf8, leaveOpen: true);
            write(writer);
        });
        session.Say($"wrote {path}");
    }
}
