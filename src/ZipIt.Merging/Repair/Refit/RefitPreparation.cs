using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>What can be done for a refit before features are matched.</summary>
/// <param name="Images">The calibration images.</param>
/// <param name="Samples">Where members are to be sampled while they run for the statistics; null if there is no room for it.</param>
/// <param name="Pool">Memory of the samples and of the refit.</param>
internal sealed record RefitPreparation(CalibrationImages Images, MemberSamples? Samples, BufferPool Pool) : IDisposable
{
    /// <summary>
    /// Prepares the refit of a network that is not known yet: reads the images, and says where members are to be sampled while they run for the statistics.
    /// </summary>
    /// <param name="outline">A network with the structure and the widths that the zipped one will have; its weights do not matter.</param>
    /// <param name="members">The members.</param>
    /// <param name="images">Calibration images.</param>
    /// <param name="options">As for the refit.</param>
    public static RefitPreparation Make(MergedNetwork outline, IReadOnlyList<ZipMember> members, IImageSource images, ZipOptions options)
    {
        outline = DeepHeads.Widen(outline, members, options);
        CalibrationImages read = LeastSquaresRefit.ReadImages(outline.Network, images, options, options.Refit!);
        var pool = new BufferPool();
        var plan = new RefitPlan(outline, options.Refit!, read.Count, HeldOutImages.For(options, read.Count));
        var samples = new MemberSamples(plan, members, read, pool, new RefitBudget(options.Refit!.MemoryBudget).MemberSamples);
        return new RefitPreparation(read, samples.IsKept ? samples : null, pool);
    }

    /// <summary>Gives memory and disk back.</summary>
    public void Dispose()
    {
        Samples?.Dispose();
        Pool.Dispose();
    }
}
