using System.Globalization;
using Quickstart;
using Spectre.Console;
using ZipIt.TestFramework;

namespace ZipIt.Samples.Tests;

/// <summary>Runs the Quickstart and reads the table that it prints.</summary>
public sealed class QuickstartTests
{
    [Fact]
    public void Run_ShippedData_GivesTheAccuraciesOfTheReadme()
    {
        Dictionary<string, string[]> rows = ReadTable(Run());
        System.IO.File.WriteAllText("/tmp/quick.txt", string.Join("\n", rows.Select(r => r.Key + ": " + string.Join(" ", r.Value))));
    }

    private static string Run()
    {
        string data = Path.Combine(TestFiles.Root, "samples", "Quickstart", "data");
        var output = new StringWriter();
        IAnsiConsole previous = AnsiConsole.Console;
        AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        AnsiConsole.Console.Profile.Width = 300;
        try
        {
            new Comparison(
                ClassifierList.Load(Path.Combine(data, "models")),
                ImageSet.Open(Path.Combine(data, "images"), "test"),
                ImageSet.Open(Path.Combine(data, "images"), "calibration"),
                until: null, alpha: 0.3, beta: 0.125, threads: 0).Run();
        }
        finally
        {
            AnsiConsole.Console = previous;
        }

        return output.ToString();
    }

    private static Dictionary<string, string[]> ReadTable(string output) => output.Split('\n')
        .Where(line => line.StartsWith('│'))
        .Select(line => line.Split('│', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .ToDictionary(cells => cells[0], cells => cells[1..]);
}
