using System.CommandLine;
using Reproduction.Commands;
using Reproduction.Data;
using Reproduction.DataSets;

namespace Reproduction.ImageNet;

/// <summary>The command of the paper's table of ImageNet.</summary>
internal static class ImageNetCommand
{
    private const int MadeUpImagesPerClass = 50;

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var options = new ExperimentOptions();
        var folder = new Argument<string?>("DATA")
        {
            Description = "Folder of ImageNet: train and val, with a folder for each class; made-up images if it is not given.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var random = new Option<bool>("--random-weights") { Description = "Merges networks with random weights, to see what it takes." };
        var depth = new Option<int>("--depth") { Description = "Layers of the ResNets.", DefaultValueFactory = _ => 50 };
        var size = new Option<int>("--image-size") { Description = "Height and width of the images.", DefaultValueFactory = _ => 224 };
        var sets = new Option<int>("--sets") { Description = "Number of classifiers.", DefaultValueFactory = _ => 5 };
        var classes = new Option<int>("--classes") { Description = "Classes of each.", DefaultValueFactory = _ => 200 };
        var pairs = new Option<int?>("--pairs") { Description = "Most pairs of classifiers; without it all." };
        Command command = ExperimentCommand.Create(
            "imagenet", "The table of ImageNet (200+200), ResNet-50.", [folder, random, depth, size, sets, classes, pairs],
            (arguments, cancellation) =>
            {
                bool hasRandomWeights = arguments.GetValue(random);
                ExperimentSettings settings = options.Read(arguments, DataSetsCommand.Normalization);
                string? path = arguments.GetValue(folder);
                if (path is null && !hasRandomWeights)
                    throw new ArgumentException("Give the folder of the data set, or --random-weights to see what it takes without one.");
                int setCount = arguments.GetValue(sets), classCount = arguments.GetValue(classes);
                DataSet data = path is null
                    ? MakeUp(setCount * classCount, arguments.GetValue(size))
                    : ImageFolder.Load(path, "imagenet", CentreCrop.Of(arguments.GetValue(size)));
                new ImageNetTable(data, new ResNetChoice(arguments.GetValue(depth)), settings)
                {
                    HasRandomWeights = hasRandomWeights,
                    ClassLists = options.ReadClassifierFolder(arguments),
                    Remark = path is null ? "The images are made up." : null,
                }.Run(setCount, classCount, arguments.GetValue(pairs), CommandLineText.Of(arguments), cancellation);
            });
        options.AddTo(command);
        return command;
    }

    private static DataSet MakeUp(int classes, int size) =>
        new("made-up", new MadeUpImages(classes, MadeUpImagesPerClass, size, seed: 1), new MadeUpImages(classes, MadeUpImagesPerClass, size, seed: 2));
}
