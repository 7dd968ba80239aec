using Reproduction.Tables;
using ZipIt.Merging;
using ZipIt.TorchSharp;

namespace Reproduction.Pairs;

/// <summary>What is paired, and what the paper reports about it.</summary>
/// <param name="Name">Name of the table and of its command.</param>
/// <param name="Title">Heading of the table.</param>
/// <param name="Classes">Number of classes of the data set, CIFAR-10 or CIFAR-100.</param>
internal sealed record PairSetting(string Name, string Title, int Classes)
{
    /// <summary>Name of the data set.</summary>
    public string DataSet => $"cifar{Classes}";

    /// <summary>Name of the kind of network in names of files, given its width.</summary>
    public required Func<int, string> ArchitectureName { get; init; }

    /// <summary>The kind of network, given its width.</summary>
    public required Func<int, ImageArchitecture> Architecture { get; init; }

    /// <summary>Whether classes are told apart by prototypes, rather than by a score each.</summary>
    public bool HasPrototypes { get; init; }

    /// <summary>Width of the paper's networks: a residual network's multiplier of channels, or a VGG's channels of the first layer.</summary>
    public required int PaperWidth { get; init; }

    /// <summary>The merges up to which both tasks share one network, the deepest first.</summary>
    public required IReadOnlyList<PairCut> Cuts { get; init; }

    /// <summary>What else there is to know about the rows; null for nothing.</summary>
    public string? Remark { get; init; }

    /// <summary>What the paper reports for averaged weights.</summary>
    public PaperFigure? Averaging { get; init; }

    /// <summary>What the paper reports for permuted features.</summary>
    public PaperFigure? Permutation { get; init; }

    /// <summary>What the paper reports for all networks side by side.</summary>
    public PaperFigure? Ensemble { get; init; }

    /// <summary>The tables over pairs.</summary>
    public static IReadOnlyList<PairSetting> All { get; } =
    [
        new("cifar10", "CIFAR-10 (5+5), ResNet-20 with prototypes", 10)
        {
            ArchitectureName = width => $"resnet20x{width}",
            Architecture = width => ImageArchitecture.CifarResNet(20, width),
            HasPrototypes = true,
            PaperWidth = 4,
            Cuts =
            [
                new("20/20", ZipCut.Everything, new ZipMatcher { Alpha = 0.01, Beta = 1 }) { Paper = new(79.1, 92.1) },
                new("13/20", ZipCut.AfterLayers(13), new ZipMatcher()) { Paper = new(83.8, 94.6) },
                new("7/20", ZipCut.AfterLayers(7), new ZipMatcher { Alpha = 1e-4, Beta = 0.075 }),
            ],
            Averaging = new(43.0, 60.8),
            Permutation = new(58.4, 87.4),
            Ensemble = new(87.4, 96.6),
        },
        new("cifar10-vgg", "CIFAR-10 (5+5), VGG-11 with class scores", 10)
        {
            ArchitectureName = width => $"vgg11x{width}",
            Architecture = width => ImageArchitecture.Vgg(11, width),
            PaperWidth = 64,
            Remark = "The 22 layers of the paper's VGG-11 count activations and pooling, too: 14/22 are six convolutions, 7/22 three.",
            Cuts =
            [
                new("before the heads", ZipCut.BeforeHeads, new ZipMatcher { Alpha = 0.01, Beta = 1 }) { Paper = new(33.2, 56.5) },
                new("14/22", ZipCut.AfterLayers(6), new ZipMatcher()) { Paper = new(35.2, 58.4) },
                new("7/22", ZipCut.AfterLayers(3), new ZipMatcher { Alpha = 1e-4, Beta = 0.075 }) { Paper = new(44.5, 65.5) },
            ],
            Permutation = new(25.4, 47.8),
            Ensemble = new(66.6, 88.6),
        },
        new("cifar100", "CIFAR-100 (50+50), ResNet-20 with prototypes", 100)
        {
            ArchitectureName = width => $"resnet20x{width}",
            Architecture = width => ImageArchitecture.CifarResNet(20, width),
            HasPrototypes = true,
            PaperWidth = 8,
            Cuts =
            [
                new("20/20", ZipCut.Everything, new ZipMatcher { Alpha = 0.01, Beta = 1 }) { Paper = new(54.9, 68.0) },
                new("13/20", ZipCut.AfterLayers(13), new ZipMatcher()) { Paper = new(70.2, 80.2) },
                new("7/20", ZipCut.AfterLayers(7), new ZipMatcher { Alpha = 1e-4, Beta = 0.075 }),
            ],
            Averaging = new(17.0, 24.3),
            Permutation = new(42.8, 61.0),
            Ensemble = new(73.5, 82.8),
        },
        new("cifar100-classes", "CIFAR-100 (50+50), ResNet-20 with class scores", 100)
        {
            ArchitectureName = width => $"resnet20x{width}",
            Architecture = width => ImageArchitecture.CifarResNet(20, width),
            PaperWidth = 16,
            Cuts =
            [
                new("19/20", ZipCut.BeforeHeads, new ZipMatcher { Alpha = 0.01, Beta = 1 }) { Paper = new(27.9, 39.9) },
                new("13/20", ZipCut.AfterLayers(13), new ZipMatcher()) { Paper = new(38.6, 51.9) },
                new("7/20", ZipCut.AfterLayers(7), new ZipMatcher { Alpha = 1e-4, Beta = 0.075 }) { Paper = new(47.0, 60.6) },
            ],
            Permutation = new(20.0, 31.8),
            Ensemble = new(60.5, 74.7),
        },
    ];

    /// <summary>The rows of the table.</summary>
    public IReadOnlyList<TableRow> ListRows()
    {
        ZipCut deepest = Cuts[0].Cut;
        return
        [
            TableRow.Alone(0),
            TableRow.Alone(1),
            TableRow.AsInPaper("weight averaging", new IdentityMatcher(), deepest) with { Paper = Averaging },
            TableRow.AsInPaper("Git Re-Basin (weights)", new WeightMatcher(), deepest),
            TableRow.AsInPaper("permute", new PermutationMatcher(), deepest) with { Paper = Permutation },
            .. Cuts.Select(cut => TableRow.AsInPaper($"ZipIt! {cut.Name}", cut.Matcher, cut.Cut) with { Paper = cut.Paper }),
            .. Cuts.Select(cut => TableRow.Best($"select and refit {cut.Name}", cut.Cut)),
            TableRow.Ensemble("ensemble", JointScoring.Reference) with { Paper = Ensemble },
            TableRow.Ensemble("calibrated ensemble", JointScoring.Calibrated),
        ];
    }
}
