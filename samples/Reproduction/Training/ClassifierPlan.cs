using Reproduction.Data;
using ZipIt.MLNet;
using ZipIt.TorchSharp;

namespace Reproduction.Training;

/// <summary>A classifier that an experiment needs.</summary>
/// <param name="FileName">Name of its file, without extension.</param>
/// <param name="Task">Name of its task.</param>
/// <param name="Images">Images to train it with; their classes are its classes.</param>
/// <param name="Architecture">Kind of network.</param>
internal sealed record ClassifierPlan(string FileName, string Task, LabelledImages Images, ImageArchitecture Architecture)
{
    /// <summary>Vectors that the network's output is compared with, one for each class; null for one score per class.</summary>
    public ClassPrototypes? Prototypes { get; init; }

    /// <summary>Whether half of the images are shown flipped; not for what its mirror image is not.</summary>
    public bool HorizontalFlip { get; init; } = true;

    /// <summary>Seed of its training: classifiers that are zipped need different ones, as in the paper.</summary>
    public int Seed { get; init; } = 1;
}
