using Spectre.Console;
using TrainAndZip;
using ZipIt.TestFramework;

namespace ZipIt.TorchSharp.Tests.Samples;

/// <summary>Runs the sample in small.</summary>
public sealed class TrainAndZipTests : IDisposable
{
    private readonly string _model = Path.GetTempFileName();

    public void Dispose() => File.Delete(_model);

    [Fact]
    public void Run_FewImages_TrainsZipsFineTunesAndSaves()
    {
        var output = new StringWriter();
        IAnsiConsole previous = AnsiConsole.Console;
        AnsiConsole.Console = AnsiConsole.Create(
            new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        try
        {
            string images = Path.Combine(TestFiles.Root, "samples", "Quickstart", "data", "images");
            new Experiment(images, epochs: 25, depth: 8, imagesPerClass: 8, fineTunes: true, _model).Run();
        }
        finally
        {
            AnsiConsole.Console = previous;
        }

        string text = output.ToString();
        Assert.Contains("80 images to train on, 200 others to measure with", text);
        string[] rows = [.. text.Split('\n').Where(line => line.StartsWith('│'))
            .Select(line => line.Split('│', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[0])];
        Assert.Equal(["Model", "animals", "vehicles", "zipped", "zipped, fine-tuned"], rows);
        Assert.True(new FileInfo(_model).Length > 10_000);
    }
}
