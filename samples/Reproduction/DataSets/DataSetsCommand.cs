using System.CommandLine;
using Reproduction.Commands;
using Reproduction.Data;
using Reproduction.Pairs;
using Reproduction.Tables;
using ZipIt.Merging;
using ZipIt.Networks;

namespace Reproduction.DataSets;

/// <summary>The command of the paper's table over Stanford Dogs, Oxford Pets, CUB-200-2011 and NABirds.</summary>
internal static class DataSetsCommand
{
    private const int PaperDepth = 50;
    private const int PaperImageSize = 224;

    /// <summary>Pixels as torchvision's networks take them.</summary>
    public static ChannelAffine Normalization { get; } = ChannelAffine.FromNormalization([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var options = new ExperimentOptions();
        (Option<string?> Folder, Func<string, CentreCrop, DataSet> Load)[] sets =
        [
            (new("--dogs") { Description = "Folder of Stanford Dogs: Images, train_list.mat, test_list.mat." }, StanfordDogs.Load),
            (new("--pets") { Description = "Folder of Oxford-IIIT Pets: images, annotations." }, OxfordPets.Load),
            (new("--cub") { Description = "Folder of CUB-200-2011: images, images.txt and other lists." }, (folder, crop) => CaltechBirds.Load(folder, "cub", crop)),
            (new("--nabirds") { Description = "Folder of NABirds: images, images.txt and other lists." }, (folder, crop) => CaltechBirds.Load(folder, "nabirds", crop)),
        ];
        var depth = new Option<int>("--depth") { Description = "Layers of the ResNets.", DefaultValueFactory = _ => PaperDepth };
        var size = new Option<int>("--image-size") { Description = "Height and width of the images.", DefaultValueFactory = _ => PaperImageSize };
        Command command = ExperimentCommand.Create(
            "datasets", "The table of several data sets: at least two of Stanford Dogs, Oxford Pets, CUB-200-2011 and NABirds.",
            [.. sets.Select(set => set.Folder), depth, size],
            (arguments, cancellation) =>
            {
                var network = new ResNetChoice(arguments.GetValue(depth));
                CentreCrop crop = CentreCrop.Of(arguments.GetValue(size));
                ExperimentSettings settings = options.Read(arguments, Normalization);
                TaskPlan[] tasks = [.. sets
                    .Select(set => (set.Load, Folder: arguments.GetValue(set.Folder)))
                    .Where(set => set.Folder is not null)
                    .Select((set, i) => TaskPlan.Create(set.Load(set.Folder!, crop).WithNameInLabels(), network, i, settings.TrainingImages))];
                CreateTables(network, tasks.Length, settings).Run(tasks, CommandLineText.Of(arguments), cancellation);
            });
        options.AddTo(command);
        return command;
    }

    private static DataSetTables CreateTables(ResNetChoice network, int tasks, ExperimentSettings settings)
    {
        bool isPaper = network.Depth == PaperDepth && tasks == 4;
        string title = $"Several data sets, ResNet-{network.Depth} with class scores";
        TaskSetting pairs = new($"{title}: pairs", CreateCuts(network, isPaper ? new() { ["49/50"] = 43.8, ["37/50"] = 55.8, ["22/50"] = 67.7 } : []))
        {
            HasJoint = false,
            Averaging = Paper(13.2),
            Permutation = Paper(42.1),
            Ensemble = Paper(76.0),
        };
        TaskSetting all = new($"{title}: all together", CreateCuts(network, isPaper ? new() { ["49/50"] = 27.3, ["37/50"] = 43.8, ["22/50"] = 62.6 } : []))
        {
            HasJoint = false,
            Averaging = Paper(1.2),
            Permutation = Paper(27.2),
            Ensemble = Paper(76.0),
        };
        string[] scaled = [.. network.Depth == PaperDepth ? [] : new[] { $"ResNet-{network.Depth} instead of ResNet-50" }, .. tasks == 4 ? [] : new[] { $"{tasks} data sets instead of four" }];
        return new DataSetTables("datasets", title, pairs, all, settings)
        {
            Remarks = scaled.Length == 0 ? [] : [$"Scaled down: {string.Join(", ", scaled)}."],
        };

        PaperFigure? Paper(double average) => isPaper ? new PaperFigure(null, average) : null;
    }

    /// <summary>What the paper's authors found best for several data sets.</summary>
    private static PairCut[] CreateCuts(ResNetChoice network, Dictionary<string, double> paper) => [.. network.ListCuts()
        .Select(cut => new PairCut(cut.Name, cut.Cut, new ZipMatcher { Alpha = 0.7, Beta = 0.15 })
        {
            Paper = paper.TryGetValue(cut.Name, out double average) ? new PaperFigure(null, average) : null,
        })];
}
