using System.Diagnostics;
using Reproduction.Commands;
using Reproduction.Data;
using Reproduction.Results;
using Reproduction.Tables;
using ZipIt.MLNet;
using ZipIt.Tool.HtmlReport;

namespace Reproduction.Pairs;

/// <summary>One of the paper's tables over pairs of the halves of a data set.</summary>
/// <param name="setting">Which one.</param>
/// <param name="data">The data set.</param>
/// <param name="settings">Classifiers, numbers of images and the folder for results.</param>
/// <param name="prototypes">A vector for each class; null to draw them.</param>
internal sealed class PairTable(PairSetting setting, DataSet data, ExperimentSettings settings, ClassPrototypes? prototypes = null)
{
    /// <summary>Trains what is not there, merges, measures and writes the results.</summary>
    /// <param name="pairs">Number of pairs.</param>
    /// <param name="width">Width of the networks.</param>
    /// <param name="command">The command line that does it again.</param>
    /// <param name="cancellation">Ends the work.</param>
    public TableResult Run(int pairs, int width, string command, CancellationToken cancellation = default)
    {
        var factory = new PairFactory(setting, data, settings, prototypes);
        var trainingClock = Stopwatch.StartNew();
        MergeCase[] cases = [.. Enumerable.Range(1, pairs).Select(pair => factory.Get(pair, width, cancellation))];
        TimeSpan training = trainingClock.Elapsed;
        var clock = Stopwatch.StartNew();
        TableResult result = new MergeTable(setting.ListRows(), cancellation) { Engine = settings.Engine }.Run(cases);

        int test = (int)cases[0].Test.ImageCount!.Value, calibration = (int)cases[0].Calibration.ImageCount!.Value;
        new ResultDocument($"{setting.Name}-x{width}", $"{setting.Title}, width {width}", command, [CreateSection(result, pairs, test, width)])
        {
            Duration = clock.Elapsed,
            Facts =
            [
                new ReportFact("pairs", pairs == 1 ? "1" : $"{pairs}; mean ± standard deviation"),
                new ReportFact("calibration", $"{calibration} training images"),
                new ReportFact("measured on", $"{test} test images"),
                .. settings.Classifiers.Trained == 0
                    ? []
                    : new[] { new ReportFact("trained", $"{settings.Classifiers.Trained} classifiers in {Format.Duration(training)}") },
            ],
        }.Write(settings.Output);
        return result;
    }

    private ResultSection CreateSection(TableResult result, int pairs, int test, int width)
    {
        string[] scaled =
        [
            .. width < setting.PaperWidth ? [$"networks of width {width} instead of {setting.PaperWidth}"] : Array.Empty<string>(),
            .. setting.HasPrototypes && prototypes is null ? ["drawn prototypes instead of text features of CLIP"] : Array.Empty<string>(),
            .. pairs < 5 ? [$"{pairs} {(pairs == 1 ? "pair" : "pairs")} instead of five"] : Array.Empty<string>(),
            .. settings.TrainingImages is { } images ? [$"classifiers trained with {images} images"] : Array.Empty<string>(),
        ];
        const string Rule = "Rows of the paper's methods compare tasks by the paper's rule (softmax of each head with a scale of 100); select and refit "
            + "and calibrated rows by one softmax over all classes.";
        return new ResultSection(
            setting.Title,
            [
                scaled.Length == 0 ? Rule : $"Scaled down: {string.Join(", ", scaled)}. {Rule}",
                .. setting.Remark is null ? [] : new[] { setting.Remark },
            ],
            AccuracyTable.Of(result),
            CutPlot.Of("Joint accuracy", setting.Cuts, result, row => row.Joint.Mean),
            CutPlot.Of("Average accuracy within tasks", setting.Cuts, result, row => row.Average.Mean));
    }
}
