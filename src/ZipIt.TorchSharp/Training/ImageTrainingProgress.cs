using System.Globalization;

namespace ZipIt.TorchSharp;

/// <summary>How far a training has come; told after each epoch, and in between.</summary>
/// <param name="Epoch">Number of the epoch, from 1.</param>
/// <param name="Epochs">Number of epochs at most.</param>
/// <param name="Images">Number of images of the epoch so far.</param>
/// <param name="TotalImages">Number of images of an epoch.</param>
/// <param name="Loss">Mean loss of the epoch so far: cross-entropy in nats, with label smoothing.</param>
/// <param name="Accuracy">Share of the epoch's images so far that were classified right, augmented as they were.</param>
/// <param name="LearningRate">The present learning rate.</param>
/// <param name="Elapsed">Time since the training began.</param>
public sealed record ImageTrainingProgress(
    int Epoch, int Epochs, int Images, int TotalImages, double Loss, double Accuracy, double LearningRate, TimeSpan Elapsed)
{
    /// <summary>Whether the epoch is over.</summary>
    public bool IsEpochFinished { get; init; }

    /// <summary>Mean cross-entropy of the validation images in nats; null during an epoch, or if there are none.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>Share of the validation images that are classified right; null during an epoch, or if there are none.</summary>
    public double? ValidationAccuracy { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        string validation = ValidationAccuracy is { } accuracy
            ? string.Create(culture, $", validation loss {ValidationLoss:F3}, accuracy {100 * accuracy:F1} %")
            : "";
        string training = string.Create(culture, $"{Images} of {TotalImages} images, loss {Loss:F3}, accuracy {100 * Accuracy:F1} %");
        return string.Create(culture, $"Epoch {Epoch} of {Epochs}: {training}{validation}, learning rate {LearningRate:G3}, {Elapsed.TotalSeconds:F1} s");
    }
}
