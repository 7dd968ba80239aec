namespace ZipIt.Merging;

/// <summary>How the weights of a zipped network are refitted by least squares; see <see cref="LeastSquaresRefit"/>.</summary>
public sealed record RefitOptions
{
    /// <summary>Largest number of calibration images, drawn at random; null for all. Default null.</summary>
    public int? MaximumImages { get; init; }

    /// <summary>
    /// Ridge λ as a fraction of the mean variance of a layer's inputs; it pulls weights towards those of the zip. Null (default) for an automatic choice:
    /// 10⁻³ where there are plenty of samples, otherwise the value out of 10⁻⁴ … 1 with the smallest error on an eighth of the images (of layers with 64
    /// channels or more on some of them). Columns of heads count by their own variance each.
    /// </summary>
    public double? Ridge { get; init; }

    /// <summary>
    /// Rounds of activation-aware targets after the first solution (our extension): where a target lies where the activation is flat (below 0 for a ReLU),
    /// every prediction in that range is as good. 0 fits the values before the activation. Layers with more than 2,000
    /// unknowns per channel or more than 500 channels make at most one. Default 2.
    /// </summary>
    public int ActivationRounds { get; init; } = 2;

    /// <summary>
    /// Rounds in which two successive convolutions are fitted together, of which the second alone reads the first, as inside a residual block: the features
    /// between them then become what serves the second one best (our extension). 0 fits every layer by itself. Null (default) for 3, but 1 for layers with more
    /// than 1,000 unknowns per channel, and none for those with more than 2,000, where a round takes as long as everything else.
    /// </summary>
    public int? PairRounds { get; init; }

    /// <summary>
    /// Samples (output pixels) per unknown weight of a channel; layers with more take a sample, spread evenly over images and pixels
    /// (in windows of 4×4 pixels or more, and up to twice as many pixels, where that is faster). Neighbouring pixels say much the same, so that more leave next
    /// to nothing to gain. Of more than 255 images, maps of 16×16 pixels or more are sampled on some: a quarter or 128 to 255, whatever is more, and on 128 to
    /// 255 if they have more than 32×32 pixels. Default 50.
    /// </summary>
    public int SamplesPerUnknown { get; init; } = 50;

    /// <summary>
    /// Largest number of samples of a layer, as long as it has 8 per unknown weight of a channel: wide layers take those, which is more. Time grows with
    /// samples times unknowns squared. Default 20,000.
    /// </summary>
    public int LargestSample { get; init; } = 20_000;

    /// <summary>
    /// What an output that several members share imitates. Default: the scores of all tasks, if <see cref="ZipOptions.Tasks"/> are known, otherwise the mean.
    /// </summary>
    public SharedOutputTarget SharedOutput { get; init; } = SharedOutputTarget.Scores;

    /// <summary>
    /// For outputs that each task has for itself, how far their targets are flattened on images that another task's member is surer about, from 0 (not at all)
    /// to 1. Needs <see cref="ZipOptions.Tasks"/>. Null (default) for 1 where a task has prototypes, since that leaves the order of its classes alone, and for
    /// 0.5 where it has class scores.
    /// </summary>
    public double? Flattening { get; init; }

    /// <summary>
    /// Whether heads that read the pooled values of the last feature map also read those of the activations before it in the last stage, up to 1,024 in all
    /// (our extension): the zipped network has given up some of the features that a head was made for, but not what they were computed from. Costs a few
    /// multiply-adds per class, if <see cref="ZipOptions.FlopsBudget"/> or the cut's budget allow for them. Default true.
    /// </summary>
    public bool DeepHeads { get; init; } = true;

    /// <summary>
    /// Memory in bytes for calibration images (up to an eighth), the zipped network's features that are kept between layers (up to three eighths), the
    /// samples of one layer (a sixteenth, and what the rest leaves), and what the next layers should give at sampled pixels (the rest; up to a half for what
    /// the members give there, which is taken in the statistics pass). What does not fit is computed again, which takes longer and gives the same result;
    /// what the members give at sampled pixels is kept in a temporary file before that, if the disk has room for it twice (where TMPDIR says, or /var/tmp, or
    /// the system's folder; two ResNet-50 and 500 images: 2 GiB). What layers should give is rounded to 16 bits if all of it takes more than 1 GiB otherwise.
    /// Besides, a layer with n unknowns per channel takes 12·n² bytes, 16·n² where a ridge is chosen, a pair that is fitted in rounds about 0.5 GiB, and a
    /// group of images its features. Default 2 GiB: two ResNet-50 and 500 images of 224 pixels then take 2.3 to 2.7 GiB in all.
    /// </summary>
    public long MemoryBudget { get; init; } = 2L << 30;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Check()
    {
        if (MaximumImages is { } images)
            ArgumentOutOfRangeException.ThrowIfLessThan(images, 2, nameof(MaximumImages));
        if (Ridge is { } ridge && !(ridge >= 0 && double.IsFinite(ridge)))
            throw new ArgumentOutOfRangeException(nameof(Ridge), ridge, "Expected a finite number that is not negative.");
        ArgumentOutOfRangeException.ThrowIfNegative(ActivationRounds);
        if (PairRounds is { } rounds)
            ArgumentOutOfRangeException.ThrowIfNegative(rounds, nameof(PairRounds));
        ArgumentOutOfRangeException.ThrowIfLessThan(SamplesPerUnknown, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(LargestSample, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(MemoryBudget);
    }
}
