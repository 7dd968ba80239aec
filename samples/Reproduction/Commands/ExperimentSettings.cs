using Reproduction.Training;
using ZipIt.Networks;

namespace Reproduction.Commands;

/// <summary>What an experiment with classifiers is run with.</summary>
/// <param name="Classifiers">The classifiers.</param>
/// <param name="Output">Folder for results.</param>
internal sealed record ExperimentSettings(ClassifierStore Classifiers, string Output)
{
    /// <summary>Runs the networks.</summary>
    public INetworkEngine Engine { get; init; } = new CpuEngine();

    /// <summary>Most images to train a classifier with; null for all.</summary>
    public int? TrainingImages { get; init; }

    /// <summary>Most images of a data set to measure with; null for all.</summary>
    public int? TestImages { get; init; }

    /// <summary>Number of images to calibrate a merge with, of all tasks together.</summary>
    public int CalibrationImages { get; init; } = 1000;
}
