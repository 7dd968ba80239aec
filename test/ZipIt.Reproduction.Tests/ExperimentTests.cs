using System.CommandLine;
using System.Globalization;
using Reproduction.Analyses;
using Reproduction.Commands;
using Reproduction.Costs;
using Reproduction.Data;
using Reproduction.Pairs;
using Reproduction.Tables;
using Reproduction.Training;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.TorchSharp;

namespace ZipIt.Reproduction.Tests;

/// <summary>Whole experiments at toy scale, training included: colours in the place of classes.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ExperimentTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("cifar10", 1, 8)]
    [InlineData("cifar10-vgg", 4, 8)]
    [InlineData("cifar100", 1, 2)]
    [InlineData("cifar100-classes", 1, 2)]
    public void Run_PairTable_TrainsMergesAndWritesResults(string name, int width, int perClass)
    {
        PairSetting setting = PairSetting.All.Single(entry => entry.Name == name);
        ToyImages.WriteCifar(_folder, setting.Classes, perClass);
        Assert.Equal(0, PairCommand.Create(name == "cifar10-vgg" ? setting : Shorten(setting)).Parse([
            _folder, "--width", $"{width}", "--pairs", "1", .. Training(epochs: 3), "--calibration-images", "6", "--test-images", "100"]).Invoke());

        string results = Path.Combine(_folder, "results");
        string[] lines = File.ReadAllLines(Path.Combine(results, $"{name}-x{width}-1.csv"));
        Assert.Equal(setting.ListRows().Select(row => row.Name), lines.Skip(1).Select(line => line.Split(',')[0]));
        string[] ensemble = lines[^1].Split(',');
        Assert.Equal("2.00×", ensemble[1]);
        Assert.True(Number(ensemble[3]) > 100 / (setting.Classes / 2) * 1.5, $"The ensemble names {ensemble[3]} % within tasks, hardly more than by guessing.");
        Assert.All(lines.Skip(1), line => Assert.InRange(Number(line.Split(',')[2]), 0, 100));
        string text = File.ReadAllText(Path.Combine(results, $"{name}-x{width}.md"));
        Assert.Contains($"Scaled down: networks of width {width} instead of {setting.PaperWidth}", text, StringComparison.Ordinal);
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(results, $"{name}-x{width}.html")), StringComparison.Ordinal);
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(results, $"{name}-x{width}-1-1.svg")), StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_folder, "classifiers")).Length);
    }

    [Fact]
    public void Run_CutsOfThePaper_CostWhatTheyLeaveApart()
    {
        ToyImages.WriteCifar(_folder, 10, perClass: 2);
        var store = new ClassifierStore(Path.Combine(_folder, "classifiers"), new TrainingSettings { Epochs = 1, BatchSize = 10 });
        PairSetting setting = PairSetting.All[0];
        var settings = new ExperimentSettings(store, _folder) { CalibrationImages = 10 };
        MergeCase pair = new PairFactory(setting, CifarFolder.Load(_folder, 10), settings).Get(1, width: 1, CancellationToken.None);
        TableResult result = new MergeTable([.. setting.ListRows().Where(row => row.Name.StartsWith("ZipIt!", StringComparison.Ordinal))]).Run([pair]);
        Assert.Equal([1, 1.32, 1.64], result.Rows.Select(row => Math.Round(row.RelativeCost, 2)));
    }

    [Fact]
    public void Get_ClassifierThatIsThere_IsNotTrainedAgain()
    {
        ToyImages.WriteCifar(_folder, 10, perClass: 2);
        var store = new ClassifierStore(Path.Combine(_folder, "classifiers"), new TrainingSettings { Epochs = 1, BatchSize = 10 });
        var plan = new ClassifierPlan("toy", "A", CifarFolder.Load(_folder, 10).Training, ImageArchitecture.CifarResNet(8))
        {
            Prototypes = RandomPrototypes.Draw(10, length: 16),
        };
        ZipClassifier[] classifiers = [store.Get(plan), store.Get(plan)];
        Assert.Equal(1, store.Trained);
        Assert.All(classifiers, classifier => Assert.Equal(16, classifier.Tasks[0].OutputLength));
    }

    [Theory]
    [InlineData("layers", 3, "20", "--layers", "3", "20")]
    [InlineData("alpha-beta", 3, "1", "--alphas", "0.1", "1", "--betas", "0", "1")]
    [InlineData("matchers", 8, "selection")]
    [InlineData("widths", 2, "1", "--widths", "1")]
    [InlineData("calibration", 3, "10", "--counts", "5", "10")]
    public void Run_Analysis_WritesARowForEachPlace(string name, int lines, string last, params string[] own)
    {
        ToyImages.WriteCifar(_folder, 10, perClass: 6);
        Assert.Equal(0, AnalysisCommands.Create(Shorten(PairSetting.All[0])).Single(command => command.Name == name).Parse(
            [_folder, "--width", "1", "--pairs", "1", .. Training(epochs: 1), "--calibration-images", "10", "--test-images", "20", .. own]).Invoke());
        string[] written = File.ReadAllLines(Path.Combine(_folder, "results", $"{name}-1.csv"));
        Assert.Equal(lines, written.Length);
        Assert.StartsWith(last + ",", written[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Costs_ComputesHoursFromSteps()
    {
        var toy = new ExperimentScale("toy", "ResNet-8", ImageArchitecture.CifarResNet(8), 32, 2)
        {
            Classifiers = 2, TrainingImages = 3_600_000, Epochs = 10, Cases = 1, TestImages = 100, DataBytes = 5_000_000_000,
        };
        IReadOnlyList<string> cells = Assert.Single(new CostMeasurement(null, stepImages: 4, CancellationToken.None).Run([toy]).Table.Rows);
        double milliseconds = Number(cells[3]);
        Assert.InRange(Number(cells[6]), 0.9 * 20 * milliseconds, 1.1 * 20 * milliseconds + 1);
        Assert.InRange(Number(cells[9]), 5, 5.1);
    }

    [Fact]
    public void Run_FolderWithoutImages_SaysWhatIsMissing()
    {
        using var console = new StringWriter();
        Spectre.Console.IAnsiConsole old = Spectre.Console.AnsiConsole.Console;
        Spectre.Console.AnsiConsole.Console = Spectre.Console.AnsiConsole.Create(new Spectre.Console.AnsiConsoleSettings
        {
            Out = new Spectre.Console.AnsiConsoleOutput(console),
        });
        try
        {
            Assert.Equal(1, Run(["cifar10", _folder, .. Training(epochs: 1)]));
        }
        finally
        {
            Spectre.Console.AnsiConsole.Console = old;
        }

        Assert.Contains("train*.bin", console.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(10, 2)]
    [InlineData(10, 3)]
    [InlineData(100, 7)]
    public void Split_Pair_HasEveryClassOnce(int classes, int pair)
    {
        (int[] first, int[] second) = ClassSplit.Of(classes, pair);
        Assert.Equal(classes / 2, first.Length);
        Assert.Equal(Enumerable.Range(0, classes), first.Concat(second).Order());
    }

    [Fact]
    public void Joint_SeveralCases_IsMeanAndDeviationOfTheSample()
    {
        Measurement[] cases = [.. new[] { 0.5, 0.7 }.Select(joint => new Measurement(joint, [joint, double.NaN], default, 1, 0))];
        var row = new ResultRow(TableRow.Alone(0), cases);
        Assert.Equal(0.6, row.Joint.Mean, 12);
        Assert.Equal(Math.Sqrt(0.02), row.Joint.Deviation, 12);
        Assert.Equal(0.6, row.Average.Mean, 12);
        Assert.True(double.IsNaN(new ResultRow(TableRow.Alone(0), cases[..1]).Joint.Deviation));
    }

    /// <summary>With networks of 8 layers, cut behind the same stages.</summary>
    private static PairSetting Shorten(PairSetting setting) => setting with
    {
        ArchitectureName = width => $"resnet8x{width}",
        Architecture = width => ImageArchitecture.CifarResNet(8, width),
        Cuts = [setting.Cuts[0], setting.Cuts[1] with { Cut = ZipCut.AfterLayers(5) }, setting.Cuts[2] with { Cut = ZipCut.AfterLayers(3) }],
    };

    private static int Run(params string[] arguments) => ReproductionCommands.CreateRoot().Parse(arguments).Invoke();

    private string[] Training(int epochs) =>
    [
        "--classifiers", Path.Combine(_folder, "classifiers"), "--output", Path.Combine(_folder, "results"),
        "--epochs", epochs.ToString(CultureInfo.InvariantCulture), "--batch-size", "20", "--learning-rate", "0.02",
    ];

    private static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);
}
