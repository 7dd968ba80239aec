using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Spectre.Console;
using ZipIt.Networks;

namespace ZipIt.Tool;

/// <summary>One run of the program: where it writes, how much it says, and what ends it.</summary>
/// <param name="output">Receives results.</param>
/// <param name="error">Receives messages and progress.</param>
/// <param name="cancellation">Ends the work.</param>
internal sealed class ToolSession(TextWriter output, TextWriter error, CancellationToken cancellation)
{
    private ProgressDisplay? _progress;
    private bool _hasWritten;

    /// <summary>Whether only results and errors are written.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Whether results are written as JSON.</summary>
    public bool IsJson { get; set; }

    /// <summary>Seed of everything that is drawn at random.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>Number of threads; 0 for one per processor.</summary>
    public int Threads { get; set; }

    /// <summary>Whether messages go to a terminal.</summary>
    public bool HasTerminal { get; init; }

    /// <summary>Number of characters in a line of the result; tables are wrapped there.</summary>
    public int OutputWidth { get; init; } = 160;

    /// <summary>Goes between a file and what is written to it; tests let the disk be full.</summary>
    public Func<Stream, Stream> WrapOutput { get; init; } = stream => stream;

    /// <summary>Ends the work.</summary>
    public CancellationToken Cancellation => cancellation;

    /// <summary>Receives help, results and everything else that was asked for.</summary>
    public TextWriter Output => output;

    /// <summary>Shows how far long work has come.</summary>
    public ProgressDisplay Progress => _progress ??= new ProgressDisplay(error, HasTerminal, IsQuiet);

    /// <summary>What runs networks.</summary>
    public CpuEngine Engine { get; } = new();

    /// <summary>A context of ML.NET whose warnings are written.</summary>
    public MLContext CreateContext()
    {
        var context = new MLContext(Seed);
        context.Log += (_, message) =>
        {
            if (message.Kind == ChannelMessageKind.Warning)
                Warn(message.RawMessage);
        };
        return context;
    }

    /// <summary>Writes a message, unless the run is quiet.</summary>
    public void Say(string message)
    {
        if (IsQuiet)
            return;
        Progress.Erase();
        error.WriteLine(Plain(message));
    }

    /// <summary>Writes a warning, unless the run is quiet.</summary>
    public void Warn(string message) => Say($"warning: {OptionNames.Translate(message)}");

    /// <summary>Writes an error.</summary>
    public void Complain(string message)
    {
        _progress?.Erase();
        error.WriteLine(Plain($"error: {OptionNames.Translate(message)}"));
    }

    /// <summary>Writes a line of the result.</summary>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public void Write(string line) => Emit(() => output.WriteLine(Plain(line)));

    /// <summary>Writes a table of the result: the first columns are text, the others are numbers and stand right.</summary>
    /// <param name="texts">Number of columns that are text.</param>
    /// <param name="columns">Names of the columns.</param>
    /// <param name="rows">The cells.</param>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public void WriteTable(int texts, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.Simple };
        for (int c = 0; c < columns.Count; c++)
        {
            var column = new TableColumn(Markup.Escape(Plain(columns[c])));
            table.AddColumn(c < texts ? column : column.RightAligned());
        }

        foreach (IReadOnlyList<string> row in rows)
            table.AddRow([.. row.Select(cell => Markup.Escape(Plain(cell)))]);
        var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = OutputWidth;
        console.Write(table);
        string[] lines = [.. text.ToString().ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
        Emit(() => output.WriteLine((_hasWritten ? Environment.NewLine : "") + string.Join(Environment.NewLine, lines)));
    }

    /// <summary>Writes the result as JSON.</summary>
    /// <param name="write">Writes the value.</param>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public void WriteJson(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            write(writer);
        Emit(() => output.WriteLine(Encoding.UTF8.GetString(bytes.ToArray())));
    }

    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="write">Writes its content.</param>
    /// <exception cref="OutputException">It cannot be written; what was there before still is.</exception>
    public void WriteFile(string path, Action<Stream> write)
    {
        try
        {
            AtomicFile.Write(path, stream =>
            {
                write(WrapOutput(stream));
                Cancellation.ThrowIfCancellationRequested();
            });
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OutputException($"'{path}' cannot be written: {failure.Message}", failure);
        }
    }

    private void Emit(Action write)
    {
        Progress.Erase();
        try
        {
            write();
            _hasWritten = true;
        }
        catch (IOException failure)
        {
            throw new OutputException($"the result cannot be written: {failure.Message}", failure);
        }
    }

    /// <summary>Names out of files may hold what a terminal would obey.</summary>
    private static string Plain(string text) =>
        text.Any(IsCommand) ? string.Concat(text.Select(c => IsCommand(c) ? '?' : c)) : text;

    private static bool IsCommand(char c) => char.IsControl(c) && c is not ('\n' or '\r' or '\t');
}
