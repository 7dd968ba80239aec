using System.CommandLine;
using Microsoft.ML;
using Reproduction.Training;
using ZipIt.Networks;
using ZipIt.TorchSharp;

namespace Reproduction.Commands;

/// <summary>Options that all experiments with classifiers have.</summary>
internal sealed class ExperimentOptions
{
    private readonly Option<string> _classifiers = new("--classifiers")
    {
        Description = "Folder of the classifiers; those that are not there are trained and stored there.",
        DefaultValueFactory = _ => "classifiers",
    };

    private readonly Option<string> _output = new("--output") { Description = "Folder for results.", DefaultValueFactory = _ => "results" };
    private readonly Option<int> _epochs = new("--epochs") { Description = "Epochs of a training.", DefaultValueFactory = _ => 100 };
    private readonly Option<int> _batchSize = new("--batch-size") { Description = "Images of a training step.", DefaultValueFactory = _ => 128 };
    private readonly Option<double> _learningRate = new("--learning-rate") { Description = "Largest learning rate.", DefaultValueFactory = _ => 0.1 };
    private readonly Option<int?> _gpu = new("--gpu")
    {
        Description = "Number of the graphics processor that trains and runs networks; without it the CPU does.",
    };

    private readonly Option<int?> _trainingImages = new("--training-images") { Description = "Most images to train a classifier with." };
    private readonly Option<int?> _testImages = new("--test-images") { Description = "Most images of a data set to measure with." };
    private readonly Option<int> _calibrationImages = new("--calibration-images")
    {
        Description = "Training images of all tasks together to calibrate merges with.",
        DefaultValueFactory = _ => 1000,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [_classifiers, _output, _epochs, _batchSize, _learningRate, _gpu, _trainingImages, _testImages, _calibrationImages])
            command.Options.Add(option);
    }

    /// <summary>The folder of the classifiers.</summary>
    public string ReadClassifierFolder(ParseResult arguments) => arguments.GetRequiredValue(_classifiers);

    /// <summary>What a command line says.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="normalization">The first layer of all networks; null for that of small images.</param>
    public ExperimentSettings Read(ParseResult arguments, ChannelAffine? normalization = null) => new(
        new ClassifierStore(arguments.GetRequiredValue(_classifiers), WithNormalization(normalization, new TrainingSettings
        {
            Epochs = arguments.GetValue(_epochs),
            BatchSize = arguments.GetValue(_batchSize),
            LearningRate = arguments.GetValue(_learningRate),
            Gpu = arguments.GetValue(_gpu),
        })),
        arguments.GetRequiredValue(_output))
    {
        Engine = arguments.GetValue(_gpu) is { } gpu ? new TorchSharpEngine(new MLContext { GpuDeviceId = gpu, FallbackToCpu = false }) : new CpuEngine(),
        TrainingImages = arguments.GetValue(_trainingImages),
        TestImages = arguments.GetValue(_testImages),
        CalibrationImages = arguments.GetValue(_calibrationImages),
    };

    private static TrainingSettings WithNormalization(ChannelAffine? normalization, TrainingSettings settings) =>
        normalization is null ? settings : settings with { Normalization = normalization };
}
