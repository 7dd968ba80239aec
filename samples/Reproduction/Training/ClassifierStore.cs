using System.Diagnostics;
using Microsoft.ML;
using Spectre.Console;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.TorchSharp;

namespace Reproduction.Training;

/// <summary>The classifiers of all experiments, in one folder: those that are not there are trained and stored.</summary>
/// <param name="folder">The folder.</param>
/// <param name="settings">How to train.</param>
internal sealed class ClassifierStore(string folder, TrainingSettings settings)
{
    private static readonly string[] Extensions = [".safetensors", ".pt", ".pth"];

    private readonly MLContext _context = new(seed: 1) { GpuDeviceId = settings.Gpu, FallbackToCpu = settings.Gpu is null };

    /// <summary>How classifiers are trained.</summary>
    public TrainingSettings Settings => settings;

    /// <summary>Number of classifiers that were trained, because they were not there.</summary>
    public int Trained { get; private set; }

    /// <summary>The classifier of a plan.</summary>
    /// <exception cref="InvalidDataException">Its file is damaged, or holds another kind of network.</exception>
    public ZipClassifier Get(ClassifierPlan plan)
    {
        Directory.CreateDirectory(folder);
        string[] paths = [.. Extensions.Select(extension => Path.Combine(folder, plan.FileName + extension))];
        string path = Array.Find(paths, File.Exists) ?? Train(plan, paths[0]);
        return ZipClassifier.FromCheckpoint(
            plan.Task, path, plan.Images.Labels, plan.Prototypes, settings.Normalization, new Size2(plan.Images.Shape[1], plan.Images.Shape[2]));
    }

    private string Train(ClassifierPlan plan, string path)
    {
        AnsiConsole.MarkupLineInterpolated($"training {plan.FileName}: {plan.Architecture}, {plan.Images.Count} images, {settings.Epochs} epochs");
        var clock = Stopwatch.StartNew();
        var options = new ImageClassifierTrainer.Options
        {
            TaskName = plan.Task,
            Architecture = plan.Architecture,
            Prototypes = plan.Prototypes,
            Normalization = settings.Normalization,
            Epochs = settings.Epochs,
            BatchSize = Math.Min(settings.BatchSize, plan.Images.Count),
            LearningRate = settings.LearningRate,
            HorizontalFlip = plan.HorizontalFlip,
            Seed = plan.Seed,
            Progress = new EpochLog(clock),
        };
        ZipTransformer model = _context.Transforms.Conversion.MapLabelToKey("Label", [.. plan.Images.Labels], "Class")
            .Append(_context.MulticlassClassification.Trainers.ImageClassifier(options))
            .Fit(plan.Images.ToDataView(_context))
            .LastTransformer;
        model.ToCheckpoint(path);
        Trained++;
        return path;
    }

    private sealed class EpochLog(Stopwatch clock) : IProgress<ImageTrainingProgress>
    {
        public void Report(ImageTrainingProgress value)
        {
            if (value.IsEpochFinished)
                AnsiConsole.MarkupLineInterpolated($"  epoch {value.Epoch}: loss {value.Loss:F3}, accuracy {value.Accuracy:P1}, {clock.Elapsed.TotalSeconds:F0} s");
        }
    }
}
