extern alias curve;

using System.Globalization;
using System.Reflection;
using curve::Curve;
using Spectre.Console;
using ZipIt.TestFramework;

namespace ZipIt.Samples.Tests;

/// <summary>Runs the Curve sample with some of its rows and reads what it prints.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class CurveTests
{
    private static readonly string Data = Path.Combine(TestFiles.Root, "samples", "Quickstart", "data");
    private static readonly Lazy<(int Code, string Output)> Cuts = new(() => Run("--only", "ZIPIT 1"));

    [Fact]
    public void Run_SomeRows_PrintsThemAndNoOthers()
    {
        (int code, string output) = Cuts.Value;

        Assert.Equal(0, code);
        Assert.Contains("200 calibration images, 1000 test images", output);
        Assert.Equal(["Network", "FLOPs", "joint %", "avg %", "zip s", "of this refit"], Rows(output)[0]);
        Assert.Equal(["ZipIt 17/20", "ZipIt 13/20"], Rows(output).Skip(1).Select(row => row[0]));
    }

    [Fact]
    public void Run_EarlierCuts_CostMoreAndKeepMore()
    {
        double[][] rows = [.. Rows(Cuts.Value.Output).Skip(1).Select(row => row[1..4].Select(Read).ToArray())];

        Assert.InRange(rows[0][0], 1.10, 1.13);
        Assert.InRange(rows[1][0], 1.32, 1.34);
        Assert.True(rows[0][1] < rows[1][1] && rows[0][2] < rows[1][2], Cuts.Value.Output);
    }

    [Fact]
    public void Run_RefittedRow_IsMoreAccurateAndTellsItsTime()
    {
        (int code, string output) = Run("--only", "best 17/20");
        string[] best = Assert.Single(Rows(output).Skip(1)), paper = Rows(Cuts.Value.Output).Single(row => row[0] == "ZipIt 17/20");

        Assert.Equal(0, code);
        Assert.True(Read(best[2]) > Read(paper[2]) + 5, output);
        Assert.True(Read(best[3]) > Read(paper[3]) + 5, output);
        Assert.InRange(Read(best[5]), 0, Read(best[4]));
        Assert.Equal("", paper[5]);
    }

    [Theory]
    [InlineData("--test")]
    [InlineData("--calibration")]
    [InlineData("--models")]
    public void Run_MissingFile_FailsAndNamesIt(string option)
    {
        (int code, string output) = Run("--only", "no row", option, "no-such-place");

        Assert.Equal(1, code);
        Assert.Contains("no-such-place", output);
        Assert.DoesNotContain("   at ", output);
    }

    /// <summary>The cells of the table, row after row.</summary>
    private static string[][] Rows(string output) =>
        [.. output.Split('\n').Where(line => line.StartsWith('│')).Select(line => line.Trim().Trim('│').Split('│', StringSplitOptions.TrimEntries))];

    private static double Read(string cell) => double.Parse(cell.TrimEnd('×'), CultureInfo.InvariantCulture);

    private static (int Code, string Output) Run(params string[] arguments)
    {
        string[] all =
        [
            .. new[] { ("--models", "models"), ("--test", "images"), ("--calibration", "images") }
                .Where(entry => !arguments.Contains(entry.Item1)).SelectMany(entry => new[] { entry.Item1, Path.Combine(Data, entry.Item2) }),
            .. arguments,
        ];
        var output = new StringWriter();
        IAnsiConsole previous = AnsiConsole.Console;
        AnsiConsole.Console = AnsiConsole.Create(
            new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        try
        {
            MethodInfo main = typeof(Measurement).Assembly.EntryPoint!;
            return ((int)main.Invoke(null, [all])!, output.ToString());
        }
        finally
        {
            AnsiConsole.Console = previous;
        }
    }
}
