using System.Diagnostics;
using TorchSharp;
using ZipIt.Merging;
using ZipIt.Networks;
using Modules = TorchSharp.Modules;

namespace ZipIt.TorchSharp;

/// <summary>The training itself: stochastic gradient descent with momentum on batches of images in an order that changes with each epoch.</summary>
/// <remarks>Order and augmentation are drawn by this library's own generator, so that the same seed shows the same images.</remarks>
internal sealed class ImageTraining : IDisposable
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(250);

    private readonly ImageClassifierTrainer.Options _options;
    private readonly torch.Device _device;
    private readonly NetworkModule _module;
    private readonly torch.Tensor? _prototypes;
    private readonly float _scale;
    private readonly Random _random;
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Prepares a training.</summary>
    /// <param name="network">The network with its present weights.</param>
    /// <param name="task">What its output means.</param>
    /// <param name="options">How to train; checked.</param>
    /// <param name="seed">Seed of order and augmentation.</param>
    /// <param name="device">Where to train.</param>
    public ImageTraining(Network network, ClassificationTask task, ImageClassifierTrainer.Options options, int seed, torch.Device device)
    {
        (_options, _device, _random) = (options, device, new Random(seed));
        _module = (NetworkModule)new NetworkModule(network).to(device);
        _scale = task.Scale;
        if (task.Prototypes is not { } prototypes)
            return;
        using DisposeScope scope = torch.NewDisposeScope();
        _prototypes = TorchTensors.ToTorch(prototypes).to(device).t().contiguous().DetachFromDisposeScope();
    }

    /// <summary>Trains to the end.</summary>
    /// <param name="images">The images to learn from.</param>
    /// <param name="validation">Images to measure with after each epoch; null for none.</param>
    /// <param name="augmentation">Varies the images.</param>
    /// <param name="progress">Is told after each epoch, and several times a second in between.</param>
    /// <param name="cancellation">Ends the training between two batches.</param>
    /// <returns>The trained network.</returns>
    public Network Run(
        TrainingImages images, TrainingImages? validation, ImageAugmentation augmentation, IProgress<ImageTrainingProgress> progress,
        CancellationToken cancellation)
    {
        using Modules.SGD optimizer = torch.optim.SGD(
            _module.parameters(), _options.LearningRate, _options.Momentum, 0, _options.WeightDecay, _options.Nesterov && _options.Momentum > 0);
        Network? best = null;
        double bestAccuracy = double.NegativeInfinity;
        int bestEpoch = 0;
        for (int epoch = 1; epoch <= _options.Epochs; epoch++)
        {
            ImageTrainingProgress result = RunEpoch(epoch, images, augmentation, optimizer, progress, cancellation);
            if (validation is not null)
            {
                (double loss, double accuracy) = Measure(validation, cancellation);
                result = result with { ValidationLoss = loss, ValidationAccuracy = accuracy };
            }

            progress.Report(result with { IsEpochFinished = true, Elapsed = _clock.Elapsed });
            if (_options.EarlyStoppingPatience is not { } patience)
                continue;
            if (result.ValidationAccuracy > bestAccuracy)
                (best, bestAccuracy, bestEpoch) = (_module.ToNetwork(), result.ValidationAccuracy.Value, epoch);
            else if (epoch - bestEpoch >= patience)
                break;
        }

        return best ?? _module.ToNetwork();
    }

    public void Dispose()
    {
        _prototypes?.Dispose();
        _module.Dispose();
    }

    private ImageTrainingProgress RunEpoch(
        int epoch, TrainingImages images, ImageAugmentation augmentation, Modules.SGD optimizer, IProgress<ImageTrainingProgress> progress,
        CancellationToken cancellation)
    {
        _module.train();
        int[] order = [.. Enumerable.Range(0, images.Count)];
        _random.Shuffle(order);
        var image = new float[images.Length];
        var pixels = new float[_options.BatchSize * images.Length];
        var labels = new long[_options.BatchSize];
        (double lossSum, int right, int seen, double rate) = (0, 0, 0, 0);
        TimeSpan reported = _clock.Elapsed;
        for (int first = 0; first < order.Length; first += _options.BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(_options.BatchSize, order.Length - first);
            if (count == 1 && first > 0)
                break; // a batch of one has no variance to normalize with
            for (int i = 0; i < count; i++)
            {
                images.CopyTo(order[first + i], image);
                augmentation.Apply(_random, images.Shape, image, pixels.AsSpan(i * images.Length, images.Length));
                labels[i] = images.Labels[order[first + i]];
            }

            rate = _options.LearningRate * _options.Schedule.FactorAt((epoch - 1 + (double)first / order.Length) / _options.Epochs);
            foreach (var group in optimizer.ParamGroups)
                group.LearningRate = rate;
            (double loss, int correct) = Step(pixels.AsSpan(0, count * images.Length), labels.AsSpan(0, count), images.Shape, optimizer);
            if (!double.IsFinite(loss))
            {
                throw new InvalidOperationException(
                    $"The loss is {loss} in epoch {epoch}: the training diverges. Choose a smaller {nameof(ImageClassifierTrainer.Options.LearningRate)}.");
            }

            (lossSum, right, seen) = (lossSum + count * loss, right + correct, seen + count);
            if (_clock.Elapsed - reported < ReportInterval)
                continue;
            reported = _clock.Elapsed;
            progress.Report(Create());
        }

        return Create();

        ImageTrainingProgress Create() =>
            new(epoch, _options.Epochs, seen, order.Length, lossSum / Math.Max(seen, 1), right / (double)Math.Max(seen, 1), rate, _clock.Elapsed);
    }

    private (double Loss, int Right) Step(ReadOnlySpan<float> pixels, ReadOnlySpan<long> labels, IReadOnlyList<int> shape, Modules.SGD optimizer)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        torch.Tensor target = torch.tensor(labels.ToArray()).to(_device);
        torch.Tensor logits = ComputeLogits(pixels, labels.Length, shape);
        torch.Tensor loss = torch.nn.functional.cross_entropy(logits, target, null, -100, torch.nn.Reduction.Mean, _options.LabelSmoothing);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        return (loss.item<float>(), CountRight(logits, target));
    }

    private (double Loss, double Accuracy) Measure(TrainingImages images, CancellationToken cancellation)
    {
        _module.eval();
        using var noGradients = torch.no_grad();
        var pixels = new float[_options.BatchSize * images.Length];
        (double loss, int right) = (0, 0);
        for (int first = 0; first < images.Count; first += _options.BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = torch.NewDisposeScope();
            int count = Math.Min(_options.BatchSize, images.Count - first);
            for (int i = 0; i < count; i++)
                images.CopyTo(first + i, pixels.AsSpan(i * images.Length, images.Length));
            torch.Tensor target = torch.tensor(images.Labels.Skip(first).Take(count).Select(label => (long)label).ToArray()).to(_device);
            torch.Tensor logits = ComputeLogits(pixels.AsSpan(0, count * images.Length), count, images.Shape);
            loss += count * torch.nn.functional.cross_entropy(logits, target).item<float>();
            right += CountRight(logits, target);
        }

        return (loss / images.Count, right / (double)images.Count);
    }

    /// <summary>One score for each class: the network's outputs, or their scaled cosines with the prototypes.</summary>
    private torch.Tensor ComputeLogits(ReadOnlySpan<float> pixels, int count, IReadOnlyList<int> shape)
    {
        torch.Tensor batch = TorchTensors.FromSpan(pixels, [count, shape[0], shape[1], shape[2]]).to(_device);
        torch.Tensor outputs = _module.call(TorchTensors.ToChannelsLast(batch))[0];
        if (_prototypes is null)
            return outputs;
        torch.Tensor length = outputs.square().sum(1, true).add(1e-12f).sqrt();
        return outputs.div(length).mm(_prototypes).mul(_scale);
    }

    private static int CountRight(torch.Tensor logits, torch.Tensor target) => logits.argmax(1).eq(target).sum().to(torch.ScalarType.Int32).item<int>();
}
