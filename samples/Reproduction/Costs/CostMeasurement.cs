using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Reproduction.Data;
using Reproduction.Results;
using Spectre.Console;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.TorchSharp;

namespace Reproduction.Costs;

/// <summary>Measures what a step of training, of evaluation and of merging takes here, and computes what a whole run would.</summary>
/// <param name="gpu">Number of the graphics processor that trains and runs networks; null for the CPU.</param>
/// <param name="stepImages">Number of images of a measured step; null for each experiment's own.</param>
/// <param name="cancellation">Ends the work.</param>
internal sealed class CostMeasurement(int? gpu, int? stepImages, CancellationToken cancellation)
{
    private static readonly ExperimentScale Small = new("", "ResNet-8×1", ImageArchitecture.CifarResNet(8), 32, 2)
    {
        Classifiers = 2, TrainingImages = 1, Epochs = 1, Cases = 1, TestImages = 1, DataBytes = 0, StepImages = 8,
    };

    private readonly MLContext _context = new(seed: 1) { GpuDeviceId = gpu, FallbackToCpu = gpu is null };
    private readonly INetworkEngine _engine = gpu is { } number
        ? new TorchSharpEngine(new MLContext { GpuDeviceId = number, FallbackToCpu = false })
        : new CpuEngine();

    /// <summary>Measures the steps of some experiments.</summary>
    public ResultSection Run(IEnumerable<ExperimentScale> experiments)
    {
        MeasureSteps(Small); // loading libtorch and compiling are no experiment's

        var steps = new Dictionary<string, Steps>();
        var rows = new List<IReadOnlyList<string>>();
        foreach (ExperimentScale experiment in experiments)
        {
            if (!steps.TryGetValue(experiment.Network, out Steps? step))
                steps[experiment.Network] = step = MeasureSteps(experiment);
            double trainingHours = step.Training * experiment.TrainingImages * experiment.Epochs * experiment.Classifiers / 3600;
            double runs = (double)experiment.Cases * experiment.Rows;
            double evaluationHours = runs * 2 * experiment.TestImages * step.Running / 3600;
            double mergingHours = runs * experiment.CalibrationImages * step.Merging / 3600;
            double weights = experiment.Classifiers * 4.0 * step.Parameters;
            rows.Add(
            [
                experiment.Name, experiment.Network, ImagesOf(experiment).ToString(CultureInfo.InvariantCulture),
                Text(1000 * step.Training), Text(1000 * step.Running), Text(1000 * step.Merging),
                Text(trainingHours), Text(evaluationHours), Text(mergingHours), Text((experiment.DataBytes + weights) / 1e9),
            ]);
            AnsiConsole.MarkupLineInterpolated(
                $"{experiment.Name}, {experiment.Network}: {1000 * step.Training:F1} ms to train on an image, {1000 * step.Merging:F0} ms to merge with one");
        }

        string threads = Environment.ProcessorCount == 1 ? "one thread" : $"{Environment.ProcessorCount} threads";
        string device = gpu is null ? $"{threads} of the CPU" : $"graphics processor {gpu}";
        return new ResultSection("What whole runs cost",
        [
            $"Trained and run on {device}; weights are fitted on the CPU. Steps are measured with as many images as the table says, and training with three "
                + "times as many besides, to know apart what does not depend on their number. Hours are computed from them: classifiers × epochs × images for the "
                + "training, cases × rows × test images of two networks for the evaluation, cases × rows × calibration images for merging with select and refit, "
                + "the costliest method; hours of merging are the most that it can take, as much of it does not grow with the number of images.",
        ], new ResultTable(
            [
                "experiment", "network", "images", "training, ms per image", "running, ms per image", "merging, ms per image",
                "training, h", "evaluation, h", "merging, h", "disk, GB",
            ],
            rows) { Texts = 2 });
    }

    private int ImagesOf(ExperimentScale experiment) => stepImages ?? experiment.StepImages;

    private Steps MeasureSteps(ExperimentScale experiment)
    {
        int images = ImagesOf(experiment);
        LabelledImages few = Noise(experiment, images), more = Noise(experiment, 3 * images);
        Network first = Train(experiment, few, seed: 1, out double fewSeconds).Network;
        Network second = Train(experiment, more, seed: 2, out double moreSeconds).Network;

        // What both runs have in common is not the images'.
        return new Steps(
            Math.Max(moreSeconds - fewSeconds, 0) / (2 * images), TimeEvaluation(first, few),
            TimeMerging([first, second], few) / images, NetworkCost.Of(first).Parameters);
    }

    private ZipTransformer Train(ExperimentScale experiment, LabelledImages own, int seed, out double seconds)
    {
        cancellation.ThrowIfCancellationRequested();
        var options = new ImageClassifierTrainer.Options
        {
            TaskName = $"{seed}",
            Architecture = experiment.Architecture,
            Epochs = 1,
            BatchSize = Math.Min(128, ImagesOf(experiment)),
            Seed = seed,
            CancellationToken = cancellation,
        };
        IDataView rows = own.ToDataView(_context);
        rows = _context.Transforms.Conversion.MapLabelToKey("Label", [.. own.Labels], "Class").Fit(rows).Transform(rows);
        ImageClassifierTrainer trainer = _context.MulticlassClassification.Trainers.ImageClassifier(options);
        var clock = Stopwatch.StartNew();
        ZipTransformer model = trainer.Fit(rows);
        seconds = clock.Elapsed.TotalSeconds;
        return model;
    }

    private double TimeEvaluation(Network network, LabelledImages own)
    {
        int batch = Math.Min(16, own.Count);
        using INetworkSession session = _engine.CreateSession(network, new SessionOptions { MaximumBatchSize = batch });
        double best = double.PositiveInfinity;
        foreach (ImageBatch read in own.ToSource(cancellation).ReadBatches(batch))
        {
            var clock = Stopwatch.StartNew();
            session.Run(read.Pixels.Span, read.Count);
            best = Math.Min(best, clock.Elapsed.TotalSeconds / read.Count);
        }

        return best;
    }

    private double TimeMerging(Network[] networks, LabelledImages own)
    {
        ZipMember[] members = [.. networks.Select((network, i) => new ZipMember($"{i}", network))];

        // Hardly trained networks would be told that they do not know the images.
        var options = new ZipOptions { Engine = _engine, CalibrationCheck = CalibrationCheck.Skip };
        var clock = Stopwatch.StartNew();
        new Zipper(members, options).Zip(own.ToSource(cancellation), cancellationToken: cancellation);
        return clock.Elapsed.TotalSeconds;
    }

    private static LabelledImages Noise(ExperimentScale experiment, int count)
    {
        var pixels = new byte[count * 3 * experiment.ImageSize * experiment.ImageSize];
        new Random(1).NextBytes(pixels);
        return new PackedImages(
            [.. Enumerable.Range(0, experiment.Classes).Select(number => number.ToString(CultureInfo.InvariantCulture))],
            [3, experiment.ImageSize, experiment.ImageSize], pixels, [.. Enumerable.Range(0, count).Select(i => i % experiment.Classes)]);
    }

    private static string Text(double value) => value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);

    /// <summary>Seconds for an image that is trained on, run and merged with, and parameters of a network.</summary>
    private sealed record Steps(double Training, double Running, double Merging, long Parameters);
}
