namespace ZipIt.Merging;

/// <summary>
/// Divides the memory that a refit may take (<see cref="RefitOptions.MemoryBudget"/>), and says how much it takes at a time whatever the limit is. All in
/// bytes.
/// </summary>
/// <param name="Limit">The limit.</param>
internal readonly record struct RefitBudget(long Limit)
{
    /// <summary>Size of the largest value of a batch of images, if that has several: 32 MiB.</summary>
    public const long BatchValue = 32L << 20;

    /// <summary>Values of all sampled nodes of a member in one run, if that has several images: 128 MiB.</summary>
    public const long MemberRun = 128L << 20;

    /// <summary>
    /// Patches of the images on which a pair is fitted at a time, if those are several: 16 MiB. Sums are made tile by tile: weights depend on it in the last
    /// bits.
    /// </summary>
    public const long RoundTile = 16L << 20;

    /// <summary>Tiles of a pair that are kept from one pass to the next: 128 MiB.</summary>
    public const long RoundTiles = 128L << 20;

    /// <summary>Targets of all units up to which they are kept as they are; more are rounded: 1 GiB. Results depend on it, and not on the limit.</summary>
    public const long WholeTargets = 1L << 30;

    /// <summary>For calibration images: an eighth.</summary>
    public long Images => Limit / 8;

    /// <summary>For the zipped network's values between two layers: three eighths.</summary>
    public long Frontier => Limit / 8 * 3;

    /// <summary>For what the members give at all sampled pixels, if it is taken before anything else is there: a half.</summary>
    public long MemberSamples => Limit / 2;

    /// <summary>For the samples of one unit in any case: a sixteenth. The network has to run several times for those of a layer that do not fit.</summary>
    public long LeastUnitSamples => Limit / 16;

    /// <summary>For the samples of one unit, if all that they are made of is kept: an eighth. Others need only be copied again.</summary>
    public long CopiedSamples => Limit / 8;

    /// <summary>For what the next units should give: what the others leave, since the members have to run again for what does not fit.</summary>
    /// <param name="images">What the images take.</param>
    public long Targets(long images) => Limit - Frontier - LeastUnitSamples - images;

    /// <summary>For the samples of one unit: what the rest leaves.</summary>
    /// <param name="images">What the images take.</param>
    /// <param name="frontier">What the values between layers take.</param>
    /// <param name="targets">What targets and members' samples take.</param>
    public long UnitSamples(long images, long frontier, long targets) => Limit - images - frontier - targets;
}
