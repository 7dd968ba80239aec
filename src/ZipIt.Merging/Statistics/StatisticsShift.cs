using System.Globalization;
using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// How far what a network sees is from what it was trained on. Each batch normalization remembers the variance of its inputs during training; the same variance
/// on some images tells whether they, and the network as it was put together, are those of the training (our measure). No labels are needed.
/// </summary>
/// <param name="Median">
/// Median over the normalizations of the median over their channels of |ln((variance on the images + ε) / (running variance + ε))|: 0 if nothing has changed,
/// ln 2 if variances are typically twice or half as large. Positive infinity if the network overflows.
/// </param>
/// <param name="First">
/// Median over the channels of the first normalization of ln((variance on the images + ε) / (running variance + ε)): positive if its inputs vary more than in
/// training, negative if they vary less. It hardly depends on anything but the pixels and their normalization.
/// </param>
/// <param name="Images">Number of images that were measured.</param>
public sealed record StatisticsShift(double Median, double First, long Images)
{
    /// <summary>Largest <see cref="Median"/> that needs no explanation.</summary>
    public const double LargestUsual = 0.25;

    /// <summary>Largest <see cref="Median"/> at which a network can be expected to be better than guessing.</summary>
    public const double LargestUseful = 1.8;

    private const double SmallestPixelShift = 0.7; // of the first normalization, from which on pixels are the likelier cause: a factor of two

    /// <summary>Whether the images, or the network, should be looked at.</summary>
    public bool IsUnusual => !(Median <= LargestUsual);

    /// <summary>Whether the network is likely to be no better than guessing on the images.</summary>
    public bool IsUseless => !(Median <= LargestUseful);

    /// <summary>Measures a network.</summary>
    /// <param name="network">The network, with one input.</param>
    /// <param name="images">Images of the kind that it was trained on, as it takes them. All are read, some are run: 64, and 32 more each time that their
    /// number doubles; of images of 128×128 pixels or more 16, and 8 more.</param>
    /// <param name="engine">What runs the network; null for <see cref="CpuEngine"/>.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <returns>The measure; null if the network has no batch normalization, as after it was folded.</returns>
    /// <exception cref="ArgumentException">There are no images, or the network does not take them.</exception>
    public static StatisticsShift? Measure(
        Network network, IImageSource images, INetworkEngine? engine = null, int threads = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(images);
        if (network.Inputs.Count != 1 || !network.ShapeOf(network.Inputs[0]).SequenceEqual(images.Shape))
        {
            throw new ArgumentException(
                $"Expected a network that takes images of shape {Tensor.FormatShape(images.Shape)}, found one that takes " +
                $"{string.Join(" and ", network.Inputs.Select(input => Tensor.FormatShape(network.ShapeOf(input))))}.", nameof(images));
        }

        using var meter = new ShiftMeter([network], engine ?? new CpuEngine(), threads);
        foreach (ImageBatch batch in images.ReadBatches(meter.FirstImages))
        {
            cancellationToken.ThrowIfCancellationRequested();
            meter.Add(batch.Pixels.Span, batch.Count);
        }

        return meter.Images > 0 ? meter.ToShifts()[0] : throw new ArgumentException("There are no images to measure the network on.", nameof(images));
    }

    /// <summary>What is unusual about it and what the likely causes are, in a sentence or two; null if nothing is.</summary>
    /// <param name="name">Name of the network.</param>
    public string? Describe(string name) => IsUnusual
        ? string.Create(CultureInfo.InvariantCulture,
            $"In '{name}' the variance of features is typically {Math.Exp(Median):0.0#} times that of its training, or as much smaller (shift {Median:0.00}, usual are up to {LargestUsual:0.00}). {FindCauses()}")
        : null;

    private string FindCauses() => First switch
    {
        > SmallestPixelShift =>
            "Already its first layers see more contrast than in training. Likely causes: no normalization, or a mean and deviation of 0–1 for pixels of 0–255; a scale or an offset in ExtractPixels; other images.",
        < -SmallestPixelShift =>
            "Already its first layers see less contrast than in training. Likely causes: pixels that were divided by 255 or normalized twice, a mean and deviation of 0–255 for pixels of 0–1; " +
            "images that are all black or all the same; other images.",
        _ =>
            "Its first layers see what they saw in training, the layers behind do not. Likely causes: the network was trained with another activation, pooling, stride, padding or epsilon than it was built " +
            "with; a mean that was not subtracted, or twice; other images.",
    };
}
