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
/// <param name="gpu">Number of the graphics processor to train on; null for the CPU.</param>
/// <param name="images">Number of images of a measured step.</param>
/// <param name="cancellation">Ends the work.</param>
internal sealed class CostMeasurement(int? gpu, int images, CancellationToken cancellation)
{
    private readonly MLContext _context = new(seed: 1) { GpuDeviceId = gpu, FallbackToCpu = gpu is null };
    private readonly CpuEngine _engine = new();

    /// <summary>Measures the steps of some experiments.</summary>
    public ResultSection Run(IEnumerable<ExperimentScale> experiments)
    {
        var rows = new List<IReadOnlyList<string>>();
        foreach (ExperimentScale experiment in experiments)
        {
            LabelledImages few = Noise(experiment, images), more = Noise(experiment, 3 * images);
            ZipTransformer first = Train(experiment, few, seed: 1, out double fewSeconds);
            ZipTransformer second = Train(experiment, more, seed: 2, out double moreSeconds);

            // What both runs have in common, such as loading libtorch, is not the images'.
            double training = Math.Max(moreSeconds - fewSeconds, 0) / (2 * images);
            double evaluation = TimeEvaluation(first.Network, few);
            double merging = TimeMerging([first.Network, second.Network], few) / images;

            double trainingHours = training * experiment.TrainingImages * experiment.Epochs * experiment.Classifiers / 3600;
            double runs = (double)experiment.Cases * experiment.Rows;
            double evaluationHours = runs * 2 * experiment.TestImages * evaluation / 3600;
            double mergingHours = runs * experiment.CalibrationImages * merging / 3600;
            double weights = experiment.Classifiers * 4.0 * NetworkCost.Of(first.Network).Parameters;
            rows.Add(
            [
                experiment.Name, experiment.Network, Text(1000 * training), Text(1000 * evaluation), Text(1000 * merging),
                Text(trainingHours), Text(evaluationHours), Text(mergingHours), Text((experiment.DataBytes + weights) / 1e9),
            ]);
            AnsiConsole.MarkupLineInterpolated($"{experiment.Name}, {experiment.Network}: {1000 * training:F1} ms to train on an image, {trainingHours:F1} h in all");
        }

        string device = gpu is null ? $"{Environment.ProcessorCount} threads of the CPU" : $"graphics processor {gpu}";
        return new ResultSection("What whole runs cost",
        [
            $"Trained on {device}; networks run and are merged on the CPU. Steps are measured with {images} and {3 * images} images, hours are computed from them: "
                + "classifiers × epochs × images for the training, cases × rows × test images of two networks for the evaluation, "
                + "cases × rows × calibration images for merging with select and refit, the costliest method.",
        ], new ResultTable(
            ["experiment", "network", "training, ms per image", "running, ms per image", "merging, ms per image", "training, h", "evaluation, h", "merging, h", "disk, GB"],
            rows) { Texts = 2 });
    }

    private ZipTransformer Train(ExperimentScale experiment, LabelledImages own, int seed, out double seconds)
    {
        cancellation.ThrowIfCancellationRequested();
        var options = new ImageClassifierTrainer.Options
        {
            TaskName = $"{seed}",
            Architecture = experiment.Architecture,
            Epochs = 1,
            BatchSize = Math.Min(128, images),
            Seed = seed,
            CancellationToken = cancellation,
        };
        IDataView rows = _context.Transforms.Conversion.MapLabelToKey("Label", [.. own.Labels], "Class").Fit(own.ToDataView(_context)).Transform(own.ToDataView(_context));
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
}
