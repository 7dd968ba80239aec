using System.Diagnostics;
using System.Globalization;
using Reproduction.Commands;
using Reproduction.Data;
using Reproduction.DataSets;
using Reproduction.Pairs;
using Reproduction.Results;
using Reproduction.Tables;
using Reproduction.Training;
using Spectre.Console;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.Tool.HtmlReport;

namespace Reproduction.ImageNet;

/// <summary>The paper's table of ImageNet: classifiers of disjoint sets of classes, merged in pairs.</summary>
/// <param name="data">The data set.</param>
/// <param name="network">Kind of network.</param>
/// <param name="settings">Classifiers, numbers of images and the folder for results.</param>
internal sealed class ImageNetTable(DataSet data, ResNetChoice network, ExperimentSettings settings)
{
    private const int PaperDepth = 50;
    private const int MostTimedImages = 256;
    private const double BytesPerMiB = 1 << 20;

    /// <summary>Whether networks have random weights instead of trained ones; accuracies then mean nothing.</summary>
    public bool HasRandomWeights { get; init; }

    /// <summary>Folder of lists of the classes of classifiers, a file with the name of the classifier and <c>.txt</c> each; those without are drawn.</summary>
    public string? ClassLists { get; init; }

    /// <summary>What else there is to know about the images.</summary>
    public string? Remark { get; init; }

    /// <summary>Trains what is not there, merges, measures and writes the results.</summary>
    /// <param name="sets">Number of sets of classes.</param>
    /// <param name="classes">Classes of each.</param>
    /// <param name="pairs">Most pairs; null for all.</param>
    /// <param name="command">The command line that does it again.</param>
    /// <param name="cancellation">Ends the work.</param>
    public TableResult Run(int sets, int classes, int? pairs, string command, CancellationToken cancellation = default)
    {
        var group = new TaskGroup(CreateTasks(sets, classes), HasRandomWeights ? CreateRandom : settings.Classifiers.Get, settings);
        var trainingClock = Stopwatch.StartNew();
        group.Prepare(cancellation);
        TimeSpan training = trainingClock.Elapsed;
        TimeSpan reading = TimeReading(cancellation);

        var clock = Stopwatch.StartNew();
        int[][] combinations = [.. group.Pairs.Take(pairs ?? int.MaxValue)];
        TaskSetting setting = CreateSetting(classes);
        var table = new TaskTable(setting, group, combinations)
        {
            Engine = settings.Engine,
            CalibrationCheck = HasRandomWeights ? CalibrationCheck.Skip : CalibrationCheck.Refuse,
        };
        TableResult result = table.Run(cancellation);
        using var process = Process.GetCurrentProcess();
        string memory = $"{(process.PeakWorkingSet64 / BytesPerMiB).ToString("N0", CultureInfo.InvariantCulture)} MiB at most";
        string readingTime = $"{Format.Duration(reading)} each, on {Environment.ProcessorCount} processors";
        AnsiConsole.MarkupLineInterpolated($"memory: {memory}; reading images: {readingTime}");
        ResultSection section = table.CreateSection(result, Describe(sets, classes, combinations.Length));
        new ResultDocument("imagenet", setting.Title, command, [HasRandomWeights ? section with { Plots = [] } : section])
        {
            Duration = clock.Elapsed,
            Facts =
            [
                new ReportFact(
                    "data set", $"{data.Name}: {data.Training.Count} training and {data.Test.Count} test images of {data.Labels.Count} classes, "
                    + $"{data.Training.Shape[1]} pixels"),
                new ReportFact("pairs", $"{combinations.Length} of {sets} classifiers of {classes} classes"),
                new ReportFact("calibration", $"{settings.CalibrationImages} training images"),
                new ReportFact("measured on", $"{(settings.TestImages is { } most ? $"at most {most}" : "all")} test images of each classifier's classes"),
                new ReportFact("memory", memory),
                new ReportFact("reading images", readingTime),
                .. settings.Classifiers.Trained is > 0 and var trained
                    ? [new ReportFact("trained", $"{trained} classifiers in {Format.Duration(training)}")]
                    : Array.Empty<ReportFact>(),
            ],
        }.Write(settings.Output);
        return result;
    }

    private TaskPlan[] CreateTasks(int sets, int classes)
    {
        string[] names = [.. Enumerable.Range(1, sets).Select(number => $"{data.Name}-{network.Name}-classes-{number}")];
        int[][] own = FindLists(names) is { } lists
            ? [.. lists.Select(path => ClassSets.Read(path, data.Labels))]
            : ClassSets.Draw(data.Labels.Count, sets, classes);
        int[] all = [.. own.SelectMany(set => set)];
        if (all.Distinct().Count() < all.Length)
        {
            int repeated = all.GroupBy(number => number).First(group => group.Count() > 1).Key;
            throw new InvalidDataException($"The class '{data.Labels[repeated]}' is in the lists of two classifiers.");
        }

        return [.. own.Select((set, i) =>
        {
            DataSet part = data.OfClasses($"set{i + 1}", set);
            return new TaskPlan(
                part, new ClassifierPlan(names[i], part.Name, part.Training.Take(settings.TrainingImages), network.Architecture) { Seed = 1 + i });
        })];
    }

    /// <summary>Paths of the lists of classes; null if no classifier has one.</summary>
    private string[]? FindLists(string[] names)
    {
        if (ClassLists is null)
            return null;
        string[] paths = [.. names.Select(name => Path.Combine(ClassLists, name + ".txt"))];
        if (!paths.Any(File.Exists))
            return null;
        return paths.FirstOrDefault(path => !File.Exists(path)) is { } missing
            ? throw new FileNotFoundException($"There is no list '{missing}' beside those of other classifiers.", missing)
            : paths;
    }

    private ZipClassifier CreateRandom(ClassifierPlan plan)
    {
        var size = new Size2(plan.Images.Shape[1], plan.Images.Shape[2]);
        ResNetLayout layout = network.CreateLayout(plan.Images.Labels.Count);
        Network random = ResNet.Random(plan.Seed, layout, size, settings.Classifiers.Settings.Normalization, plan.Task);
        return ZipClassifier.FromNetwork(plan.Task, random, plan.Images.Labels);
    }

    /// <summary>Time to read one image, with all processors at work.</summary>
    private TimeSpan TimeReading(CancellationToken cancellation)
    {
        LabelledImages images = data.Test.Take(MostTimedImages);
        var clock = Stopwatch.StartNew();
        int read = images.ToSource(cancellation).ReadBatches(64).Sum(batch => batch.Count);
        return clock.Elapsed / Math.Max(1, read);
    }

    private TaskSetting CreateSetting(int classes)
    {
        bool isPaper = network.Depth == PaperDepth && !HasRandomWeights;
        Dictionary<string, PaperFigure> paper = isPaper ? new() { ["49/50"] = new(8.6, 13.5), ["22/50"] = new(55.8, 65.0), ["10/50"] = new(60.9, 69.9) } : [];
        PairCut[] cuts = [.. network.ListCuts().Select(cut => new PairCut(cut.Name, cut.Cut, new ZipMatcher())
        {
            Paper = paper.TryGetValue(cut.Name, out PaperFigure figure) ? figure : null,
        })];
        return new TaskSetting($"ImageNet ({classes}+{classes}), ResNet-{network.Depth} with class scores", cuts)
        {
            HasTasks = false,
            Averaging = isPaper ? new PaperFigure(0.3, 0.6) : null,
            Permutation = isPaper ? new PaperFigure(8.6, 12.7) : null,
            Ensemble = isPaper ? new PaperFigure(63.3, 72.4) : null,
        };
    }

    private string[] Describe(int sets, int classes, int pairs)
    {
        string[] scaled =
        [
            .. network.Depth == PaperDepth ? [] : new[] { $"ResNet-{network.Depth} instead of ResNet-50" },
            .. sets == 5 && classes == 200 ? [] : new[] { $"{sets} sets of {classes} classes instead of five of 200" },
            .. pairs == 10 ? [] : new[] { $"{pairs} {(pairs == 1 ? "pair" : "pairs")} instead of ten" },
            .. settings.TestImages is null ? [] : new[] { "some of the test images" },
        ];
        return
        [
            .. Remark is null ? [] : new[] { Remark },
            .. HasRandomWeights ? ["The networks have random weights: the table shows what it takes, not how good it is."] : Array.Empty<string>(),
            .. scaled.Length == 0 ? [] : new[] { $"Scaled down: {string.Join(", ", scaled)}." },
            $"Images are read when they are needed and not kept; of the data set, only the names of its files are in memory. {TaskTable.Rule}",
            $"Zips of {network.Depth - 1}/{network.Depth} leave each task its last layer; the paper calls them whole.",
        ];
    }
}
