using System.Text.Json;

namespace ZipIt.Tool.Tests;

/// <summary>What came out of a command line, run in this process.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Output">The standard output.</param>
/// <param name="Error">The standard error.</param>
internal sealed record ToolRun(int Code, string Output, string Error)
{
    /// <summary>The output as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Runs a command line.</summary>
    public static ToolRun Of(params string[] arguments) => In(stream => stream, CancellationToken.None, arguments);

    /// <summary>Runs a command line that must succeed.</summary>
    public static ToolRun Good(params string[] arguments)
    {
        ToolRun run = Of(arguments);
        Assert.True(run.Code == ExitCode.Done, $"{string.Join(' ', arguments)} gave {run.Code}: {run.Error}");
        return run;
    }

    /// <summary>Runs a command line whose files are written through a stream, and that can be ended.</summary>
    public static ToolRun In(Func<Stream, Stream> wrapOutput, CancellationToken cancellation, params string[] arguments)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = ZipItProgram.Run(arguments, new ToolSession(output, error, cancellation) { WrapOutput = wrapOutput }, error);
        return new ToolRun(code, output.ToString(), error.ToString());
    }

    /// <summary>Holds a failure against what is expected: a sentence, and no trace of calls.</summary>
    public void ExpectFailure(int code, params ReadOnlySpan<string> words)
    {
        Assert.True(Code == code, $"Expected exit code {code}, found {Code}: {Error}");
        foreach (string word in words)
            Assert.Contains(word, Error);
        Assert.StartsWith("error: ", Error);
        Assert.DoesNotContain("   at ", Error);
        Assert.DoesNotContain("Exception", Error);
        Assert.Equal("", Output);
    }
}
