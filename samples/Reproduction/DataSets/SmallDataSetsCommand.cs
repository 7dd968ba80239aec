using System.CommandLine;
using Reproduction.Commands;
using Reproduction.Data;
using Reproduction.Pairs;
using ZipIt.Merging;

namespace Reproduction.DataSets;

/// <summary>The command of a small table over several data sets, of images of 32 pixels, which a computer without a graphics processor can do.</summary>
internal static class SmallDataSetsCommand
{
    private const int Depth = 20;

    /// <summary>Where Debian's package dataset-fashion-mnist puts its files.</summary>
    private const string FashionFolder = "/usr/share/datasets/fashion-mnist";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var options = new ExperimentOptions();
        var cifar10 = new Option<string?>("--cifar10") { Description = "Folder of CIFAR-10 in its binary layout." };
        var cifar100 = new Option<string?>("--cifar100") { Description = "Folder of CIFAR-100 in its binary layout." };
        var fashion = new Option<string?>("--fashion-mnist")
        {
            Description = "Folder of Fashion-MNIST (idx files).",
            DefaultValueFactory = _ => Directory.Exists(FashionFolder) ? FashionFolder : null,
        };
        var mnist = new Option<string?>("--mnist") { Description = "Folder of MNIST (idx files); if only the test digits are there, they are split 8:2." };
        var depth = new Option<int>("--depth") { Description = "Layers of the ResNets.", DefaultValueFactory = _ => Depth };
        var width = new Option<int>("--width") { Description = "Width of the networks.", DefaultValueFactory = _ => 1 };
        (Option<string?> Folder, Func<string, DataSet> Load, bool HasMirrors)[] sets =
        [
            (cifar10, folder => CifarFolder.Load(folder, 10), true),
            (cifar100, folder => CifarFolder.Load(folder, 100), true),
            (fashion, folder => IdxFolder.Load(folder, "fashion-mnist", IdxFolder.Clothes), true),
            (mnist, folder => IdxFolder.Load(folder, "mnist", IdxFolder.Digits), false),
        ];
        Command command = ExperimentCommand.Create(
            "small-datasets", "A small table of several data sets: at least two of CIFAR-10, CIFAR-100, Fashion-MNIST and MNIST.",
            [.. sets.Select(set => set.Folder), depth, width],
            (arguments, cancellation) =>
            {
                var network = new ResNetChoice(arguments.GetValue(depth), arguments.GetValue(width));
                ExperimentSettings settings = options.Read(arguments);
                TaskPlan[] tasks = [.. sets
                    .Select(set => (set.Load, Folder: arguments.GetValue(set.Folder), set.HasMirrors))
                    .Where(set => set.Folder is not null)
                    .Select((set, i) => Plan(set.Load(set.Folder!), i, set.HasMirrors))];
                CreateTables(network, tasks, settings).Run(tasks, CommandLineText.Of(arguments), cancellation);

                TaskPlan Plan(DataSet data, int number, bool hasMirrors)
                {
                    TaskPlan plan = TaskPlan.Create(data.WithNameInLabels(), network, number, settings.TrainingImages);
                    return plan with { Classifier = plan.Classifier with { HorizontalFlip = hasMirrors } };
                }
            });
        options.AddTo(command);
        return command;
    }

    private static DataSetTables CreateTables(ResNetChoice network, TaskPlan[] tasks, ExperimentSettings settings)
    {
        string title = $"Several small data sets, ResNet-{network.Depth}×{network.Width} with class scores";
        PairCut[] cuts = [.. network.ListCuts().Select(cut => new PairCut(cut.Name, cut.Cut, new ZipMatcher { Alpha = 0.7, Beta = 0.15 }))];
        string images = string.Join(", ", tasks.Select(task => $"{task.Classifier.Images.Count} of {task.Data.Name}"));
        return new DataSetTables("small-datasets", title, new TaskSetting($"{title}: pairs", cuts), new TaskSetting($"{title}: all together", cuts), settings)
        {
            CalibrationCheck = CalibrationCheck.Warn, // digits look unlike photographs, which is meant
            Remarks = [$"In place of the paper's ResNet-50 and four sets of photographs: images of 32×32 pixels. Classifiers were trained with {images}."],
        };
    }
}
