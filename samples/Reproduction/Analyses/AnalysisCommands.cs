using System.CommandLine;
using System.Diagnostics;
using Reproduction.Commands;
using Reproduction.Data;
using Reproduction.Pairs;
using Reproduction.Results;
using ZipIt.Tool.HtmlReport;

namespace Reproduction.Analyses;

/// <summary>A command for each analysis.</summary>
internal static class AnalysisCommands
{
    /// <summary>Makes the commands.</summary>
    /// <param name="setting">What is paired.</param>
    public static IEnumerable<Command> Create(PairSetting setting)
    {
        var layers = List("--layers", "Numbers of zipped layers.", [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 20]);
        yield return CreateCommand(setting, "layers", "Accuracy against the number of zipped layers", [layers],
            (analysis, arguments) => analysis.AgainstLayers(arguments.GetRequiredValue(layers)));

        var alphas = List("--alphas", "Values of α.", [0.0001, 0.01, 0.1, 0.3, 1]);
        var betas = List("--betas", "Values of β.", [0, 0.125, 0.25, 0.5, 0.75, 1]);
        yield return CreateCommand(setting, "alpha-beta", "Accuracy against α and β", [alphas, betas],
            (analysis, arguments) => analysis.AgainstAlphaAndBeta(arguments.GetRequiredValue(alphas), arguments.GetRequiredValue(betas)));

        yield return CreateCommand(setting, "matchers", "Matching algorithms with accuracy and time", [], (analysis, _) => analysis.CompareMatchers());

        var widths = List("--widths", "Widths of the networks.", [1, 2, 4, 8]);
        yield return CreateCommand(setting, "widths", "Accuracy against the width of the networks", [widths],
            (analysis, arguments) => analysis.AgainstWidth(arguments.GetRequiredValue(widths)));

        var counts = List("--counts", "Numbers of calibration images.", [10, 20, 50, 100, 200, 500, 1000, 2000, 5000]);
        yield return CreateCommand(setting, "calibration", "Accuracy against the number of calibration images", [counts],
            (analysis, arguments) => analysis.AgainstCalibrationImages(arguments.GetRequiredValue(counts)));
    }

    private static Command CreateCommand(
        PairSetting setting, string name, string title, IReadOnlyList<Symbol> own, Func<Analysis, ParseResult, ResultSection> run)
    {
        var options = new ExperimentOptions();
        var prototypes = new PrototypeOptions();
        var data = new Argument<string>("DATA") { Description = "Folder of CIFAR-10 in its binary layout." };
        var width = new Option<int>("--width") { Description = "Width of the networks.", DefaultValueFactory = _ => 4 };
        var pairs = new Option<int>("--pairs") { Description = "Number of pairs.", DefaultValueFactory = _ => 5 };
        Command command = ExperimentCommand.Create(
            name, $"{title}, on halves of CIFAR-10 (ResNet-20 with prototypes).", [data, width, pairs, .. own],
            (arguments, cancellation) =>
            {
                ExperimentSettings settings = options.Read(arguments);
                DataSet images = CifarFolder.Load(arguments.GetRequiredValue(data), setting.Classes);
                var analysis = new Analysis(
                    setting, images, settings, arguments.GetValue(pairs), arguments.GetValue(width), prototypes.Read(arguments), cancellation);
                var clock = Stopwatch.StartNew();
                ResultSection section = run(analysis, arguments);
                new ResultDocument(name, title, CommandLineText.Of(arguments), [section])
                {
                    Duration = clock.Elapsed,
                    Facts =
                    [
                        new ReportFact("pairs", $"{arguments.GetValue(pairs)} of CIFAR-10 (5+5), ResNet-20"),
                        .. name == "widths" ? [] : new[] { new ReportFact("width", $"{arguments.GetValue(width)}") },
                        .. name == "calibration" ? [] : new[] { new ReportFact("calibration", $"{settings.CalibrationImages} training images") },
                        new ReportFact("measured on", settings.TestImages is { } test ? $"{test} test images" : "all test images"),
                    ],
                }.Write(settings.Output);
            });
        prototypes.AddTo(command);
        options.AddTo(command);
        return command;
    }

    private static Option<T[]> List<T>(string name, string description, T[] defaults) => new(name)
    {
        Description = description,
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => defaults,
    };
}
