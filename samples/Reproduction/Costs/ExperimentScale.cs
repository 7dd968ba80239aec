using ZipIt.TorchSharp;

namespace Reproduction.Costs;

/// <summary>How large a whole run of one of the paper's experiments is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Network">Name of the kind of network.</param>
/// <param name="Architecture">Kind of network.</param>
/// <param name="ImageSize">Height and width of its images.</param>
/// <param name="Classes">Classes of a classifier.</param>
internal sealed record ExperimentScale(string Name, string Network, ImageArchitecture Architecture, int ImageSize, int Classes)
{
    /// <summary>Number of classifiers.</summary>
    public required int Classifiers { get; init; }

    /// <summary>Images that each is trained with.</summary>
    public required int TrainingImages { get; init; }

    /// <summary>Epochs of a training.</summary>
    public required int Epochs { get; init; }

    /// <summary>Number of cases: pairs, or all together.</summary>
    public required int Cases { get; init; }

    /// <summary>Images that each case is measured on.</summary>
    public required int TestImages { get; init; }

    /// <summary>Number of rows of the table, each about as costly to run as two networks.</summary>
    public int Rows { get; init; } = 13;

    /// <summary>Images to measure a step with; fewer for networks that take long.</summary>
    public int StepImages { get; init; } = 64;

    /// <summary>Images to calibrate a merge with.</summary>
    public int CalibrationImages { get; init; } = 1000;

    /// <summary>Size of the data set on disk in bytes, roughly.</summary>
    public required long DataBytes { get; init; }

    /// <summary>The experiments, at the paper's widths.</summary>
    public static IReadOnlyList<ExperimentScale> All { get; } =
    [
        new("CIFAR-10 (5+5)", "ResNet-20×4", ImageArchitecture.CifarResNet(20, 4), 32, 5)
        {
            Classifiers = 10, TrainingImages = 25_000, Epochs = 100, Cases = 5, TestImages = 10_000, DataBytes = 185_000_000,
        },
        new("CIFAR-10 (5+5)", "VGG-11", ImageArchitecture.Vgg(11), 32, 5)
        {
            Classifiers = 10, TrainingImages = 25_000, Epochs = 100, Cases = 5, TestImages = 10_000, DataBytes = 185_000_000,
        },
        new("CIFAR-100 (50+50)", "ResNet-20×8", ImageArchitecture.CifarResNet(20, 8), 32, 50)
        {
            Classifiers = 10, TrainingImages = 25_000, Epochs = 100, Cases = 5, TestImages = 10_000, DataBytes = 185_000_000, StepImages = 32,
        },
        new("CIFAR-100 (50+50)", "ResNet-20×16", ImageArchitecture.CifarResNet(20, 16), 32, 50)
        {
            Classifiers = 10, TrainingImages = 25_000, Epochs = 100, Cases = 5, TestImages = 10_000, DataBytes = 185_000_000, StepImages = 8,
        },
        new("ImageNet (200+200)", "ResNet-50", ImageArchitecture.ResNet(50), 224, 200)
        {
            Classifiers = 5, TrainingImages = 256_000, Epochs = 90, Cases = 10, TestImages = 20_000, DataBytes = 155_000_000_000, StepImages = 16,
        },
        new("Dogs, Pets, CUB, NABirds", "ResNet-50", ImageArchitecture.ResNet(50), 224, 200)
        {
            Classifiers = 4, TrainingImages = 12_000, Epochs = 90, Cases = 7, TestImages = 22_000, DataBytes = 12_000_000_000, StepImages = 16,
        },
    ];
}
