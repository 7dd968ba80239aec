using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>What can be done for a refit before features are matched.</summary>
/// <param name="Images">The calibration images.</param>
/// <param name="Samples">Where members are to be sampled while they run for the statistics; null if that takes too much memory.</param>
/// <param name="Pool">Memory of the samples and of the refit.</param>
internal sealed record RefitPreparation(CalibrationImages Images, MemberSamples? Samples, BufferPool Pool) : IDisposable
{
    /// <summary>
    /// Prepares the refit of a network that is not known yet: reads the images, and says where members are to be sampled while they run for the statistics.
    /// </summary>
    /// <param name="structure">What is shared.</param>
    /// <param name="widths">Number of merged features of spaces; those that are not named keep the widest member's.</param>
    /// <param name="images">Calibration images.</param>
    /// <param name="options">As for the refit.</param>
    /// <exception cref="ArgumentException">There are fewer than two images.</exception>
    public static RefitPreparation Make(ZipStructure structure, IReadOnlyDictionary<FeatureSpace, int> widths, IImageSource images, ZipOptions options)
    {
        MergedNetwork outline = NetworkMerger.Outline(structure, widths);
        CalibrationImages read = LeastSquaresRefit.ReadImages(outline.Network, images, options, options.Refit!);
        var pool = new BufferPool();
        var samples = new MemberSamples(new RefitPlan(outline, options.Refit!, read.Count), structure.Alignment.Members, pool);
        return new RefitPreparation(read, samples.Bytes <= new RefitBudget(options.Refit!.MemoryBudget).MemberSamples ? samples : null, pool);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => Pool.Dispose();
}
