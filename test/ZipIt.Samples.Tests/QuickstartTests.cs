using System.Globalization;
using Quickstart;
using Spectre.Console;

namespace ZipIt.Samples.Tests;

/// <summary>Runs the Quickstart and reads the table that it prints.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class QuickstartTests
{
    /// <summary>Points that an accuracy may move because processors round differently: one image is 0.1 or 0.2.</summary>
    private const double Few = 0.3;

    /// <summary>The same where rounding also decides about single merges.</summary>
    private const double Some = 1;

    /// <summary>The same where weights are solved for.</summary>
    private const double Refitted = 1.5;

    private static readonly Lazy<string> Output = new(Run);

    [Fact]
    public void Run_ShippedData_GivesTheKnownAccuracies()
    {
        Expect("Model A", joint: 45.6, a: 91.2, within: Few);
        Expect("Model B", joint: 45.2, b: 90.4, within: Few);
        Expect("weight averaging 20/20", joint: 19.6, a: 38.4, b: 31.2, within: Some);
        Expect("permute 20/20", joint: 51.8, a: 74.8, b: 73.2, within: Some);
        Expect("ZipIt 20/20", joint: 54.5, a: 78.2, b: 73.2, within: Some);
        Expect("ZipIt 13/20", joint: 70.2, a: 84.8, b: 81.8, within: Some);
        Expect("ZipIt 7/20", joint: 71.3, a: 86.4, b: 87.0, within: Some);
        Expect("select and refit 20/20", joint: 75.0, a: 86.0, b: 88.6, within: Refitted);
        Expect("select and refit 13/20", joint: 81.4, a: 89.4, b: 91.2, within: Refitted);
        Expect("select and refit 7/20", joint: 82.4, a: 90.2, b: 90.4, within: Refitted);
        Expect("ensemble", joint: 78.1, a: 91.2, b: 90.4, within: Few);
    }

    [Fact]
    public void Run_ShippedData_SavesLoadsAndClassifies()
    {
        Assert.Contains("1000 predictions are identical bit for bit", Output.Value);
        Assert.Contains("horse/0050.png", Output.Value);
    }

    [Fact]
    public void OutputFolder_OfTheSamples_HoldsNothingOfTorch() =>
        Assert.DoesNotContain(Directory.GetFiles(AppContext.BaseDirectory),
            file => Path.GetFileName(file).Contains("torch", StringComparison.OrdinalIgnoreCase));

    private static void Expect(string model, double joint, double? a = null, double? b = null, double within = 0)
    {
        Dictionary<string, string> row = ReadRow(model);
        ExpectCell("joint %", joint);
        ExpectCell("task A %", a);
        ExpectCell("task B %", b);

        void ExpectCell(string column, double? expected)
        {
            bool isNumber = double.TryParse(row[column], CultureInfo.InvariantCulture, out double found);
            Assert.True(
                expected is { } value ? isNumber && Math.Abs(found - value) <= within : !isNumber,
                $"{model}, {column}: expected {expected?.ToString(CultureInfo.InvariantCulture) ?? "no number"} ± {within}, found {row[column]}.");
        }
    }

    /// <summary>The cells of a row by the names of their columns.</summary>
    private static Dictionary<string, string> ReadRow(string model)
    {
        string[][] rows = [.. Output.Value.Split('\n')
            .Where(line => line.StartsWith('│'))
            .Select(line => line.Split('│', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        string[] found = Assert.Single(rows, row => row[0] == model);
        return rows[0].Zip(found).ToDictionary(pair => pair.First, pair => pair.Second);
    }

    private static string Run()
    {
        var output = new StringWriter();
        IAnsiConsole previous = AnsiConsole.Console;
        AnsiConsole.Console = AnsiConsole.Create(
            new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        AnsiConsole.Console.Profile.Width = 300;
        try
        {
            typeof(ImageFile).Assembly.EntryPoint!.Invoke(null, [Array.Empty<string>()]);
        }
        finally
        {
            AnsiConsole.Console = previous;
        }

        return output.ToString();
    }
}
