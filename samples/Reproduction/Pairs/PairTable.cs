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
        new ResultDocument(NameOf(width), $"{setting.Title}{(HasWidths ? $", width {width}" : "")}", command, [CreateSection(result, pairs, test, width)])
        {
            Duration = clock.Elapsed,
            Facts =
            [
                new ReportFact("pairs", pairs == 1 ? "1" : $"{pairs}; mean ± standard deviation"),
                new ReportFact("calibration", $"{calibration} training images"),
                new ReportFact("measured on", $"{test} test images"),
                .. settings.Classifiers.Trained == 0 ? [] : new[] { new ReportFact("trained", $"{settings.Classifiers.Trained} classifiers in {Format.Duration(training)}") },
            ],
        }.Write(settings.Output);
        return result;
    }

    private bool HasWidths => setting.ArchitectureName(1) != setting.ArchitectureName(2);

    private string NameOf(int width) => HasWidths ? $"{setting.Name}-x{width}" : setting.Name;

    private ResultSection CreateSection(TableResult result, int pairs, int test, int width)
    {
        string[] scaled =
        [
            .. HasWidths && width < setting.PaperWidth ? [$"networks of width {width} instead of {setting.PaperWidth}"] : Array.Empty<string>(),
            .. setting.HasPrototypes && prototypes is null ? ["drawn prototypes instead of text features of CLIP"] : Array.Empty<string>(),
            .. pairs < 5 ? [$"{pairs} {(pairs == 1 ? "pair" : "pairs")} instead of five"] : Array.Empty<string>(),
            .. settings.TrainingImages is { } images ? [$"classifiers trained with {images} images"] : Array.Empty<string>(),
        ];
        string rule = "Rows of the paper's methods compare tasks by the paper's rule (softmax of each head with a scale of 100); calibrated rows by one softmax over all classes.";
        ResultPlot[] plots = [.. new (string Title, Func<ResultRow, double> Value)[]
            {
                ("Joint accuracy", row => 100 * row.Joint.Mean),
                ("Average accuracy within tasks", row => 100 * row.Average.Mean),
            }
            .Select(panel => new ResultPlot(panel.Title, [.. setting.Cuts.Select(cut => cut.Name), "ensemble"],
            [
                new ResultSeries("select and refit", [.. Values("select and refit", panel.Value), Ensemble("calibrated ensemble", panel.Value)]),
                new ResultSeries("ZipIt!", [.. Values("ZipIt!", panel.Value), Ensemble("ensemble", panel.Value)]),
                new ResultSeries("permute", [Single("permute", panel.Value), .. Enumerable.Repeat(double.NaN, setting.Cuts.Count)]) { IsForComparison = true },
            ]) { HorizontalTitle = "layers zipped" })];
        return new ResultSection(
            setting.Title, scaled.Length == 0 ? [rule] : [$"Scaled down: {string.Join(", ", scaled)}. {rule}"], AccuracyTable.Of(result), plots);

        IEnumerable<double> Values(string method, Func<ResultRow, double> value) => setting.Cuts.Select(cut => Single($"{method} {cut.Name}", value));

        double Ensemble(string name, Func<ResultRow, double> value) => Single(name, value);

        double Single(string name, Func<ResultRow, double> value) => value(result.Rows.First(row => row.Row.Name == name));
    }
}
