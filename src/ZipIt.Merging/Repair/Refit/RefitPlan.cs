using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// What a refit will do, as far as the structure and the widths of the zipped network tell: which layers are fitted together, in which order, and at which
/// pixels of which images they are sampled. Weights do not matter.
/// </summary>
internal sealed class RefitPlan
{
    private const int Wide = 2000; // unknowns, from which on activation and pair rounds are few: each takes as long as half of everything else
    private const int ManyOutputs = 500; // from which on activation rounds take longer than everything else

    private readonly RefitOptions _options;
    private readonly Dictionary<RefitUnit, SampleLayout> _layouts;
    private readonly Dictionary<RefitUnit, RefitPair> _pairs; // by their second unit
    private readonly HashSet<RefitUnit> _firstOfPairs;
    private readonly bool _roundsTargets;

    /// <summary>Plans the refit of a zipped network.</summary>
    /// <param name="merged">The network, or one of its structure and widths.</param>
    /// <param name="options">How it is refitted.</param>
    /// <param name="images">Number of calibration images.</param>
    /// <param name="heldOut">Images that layers, but for the heads, are not fitted to; null for none.</param>
    /// <param name="wholeTargets">Memory of all targets up to which they are not rounded, in bytes.</param>
    public RefitPlan(MergedNetwork merged, RefitOptions options, int images, HeldOutImages? heldOut = null, long wholeTargets = RefitBudget.WholeTargets)
    {
        (Merged, _options, ImageCount, HeldOut) = (merged, options, images, heldOut);
        Dictionary<Node, RefitUnit> unitOf = RefitUnit.Find(merged);

        // Outputs come last: their targets may depend on the outputs of all members.
        HashSet<Node> heads = [.. merged.Network.Heads.Select(head => head.Node)];
        Units = [.. merged.Network.Nodes.Where(node => !heads.Contains(node)).Concat(heads)
            .Where(node => unitOf.TryGetValue(node, out RefitUnit? unit) && ReferenceEquals(unit.Target, node)).Select(node => unitOf[node])];
        _layouts = Units.ToDictionary(unit => unit, unit => new SampleLayout(merged.Network, unit, options, images));
        _pairs = RefitPair.Find(merged.Network, Units, merged.Readouts).Where(entry => PairRoundsOf(entry.Value) > 0).ToDictionary();
        _firstOfPairs = [.. _pairs.Values.Select(pair => pair.First)];
        _roundsTargets = Units.Sum(unit => TargetsOf(unit) * sizeof(float)) > wholeTargets;
    }

    /// <summary>The network that is refitted.</summary>
    public MergedNetwork Merged { get; }

    /// <summary>Number of calibration images.</summary>
    public int ImageCount { get; }

    /// <summary>Images that layers, but for the heads, are not fitted to, so that what is lost can be measured there; null for none.</summary>
    public HeldOutImages? HeldOut { get; }

    /// <summary>
    /// Whether a unit is not fitted to images that are held out. Heads have one sample per image, and tell without another fit what they would be without it.
    /// </summary>
    public bool HoldsOutFrom(RefitUnit unit) => HeldOut is not null && !IsLeftOneOut(unit);

    /// <summary>Whether a unit is an output of one value per channel, for which a fit without each image can be told.</summary>
    public bool IsLeftOneOut(RefitUnit unit) =>
        _layouts[unit] is { Groups: 1, PerImage: 1, Area: 1 } && unit.IsHead && Merged.Network.Heads.Any(head => ReferenceEquals(head.Node, unit.Target));

    /// <summary>The units, in the order in which they are fitted.</summary>
    public IReadOnlyList<RefitUnit> Units { get; }

    /// <summary>The columns of a unit's problems, and the pixels where it is sampled.</summary>
    public SampleLayout LayoutOf(RefitUnit unit) => _layouts[unit];

    /// <summary>What the joint problem of a pair looks like.</summary>
    public PairLayout LayoutOf(RefitPair pair) => new(pair, _layouts[pair.First], _layouts[pair.Second]);

    /// <summary>The pair whose second unit is the given one; null if there is none.</summary>
    public RefitPair? PairOf(RefitUnit second) => _pairs.GetValueOrDefault(second);

    /// <summary>Whether a unit is the first one of a pair.</summary>
    public bool IsFirstOfPair(RefitUnit unit) => _firstOfPairs.Contains(unit);

    /// <summary>The images whose pixels are all wanted, since a unit is fitted on them together with the one before it; null if it is not.</summary>
    public ImageSubset? MapImagesOf(RefitUnit unit) => PairOf(unit) is { } pair ? LayoutOf(pair).ChooseImages(ImageCount, HeldOut) : null;

    /// <summary>Number of a unit's targets: at the sampled pixels of all images and at all pixels of some.</summary>
    public long TargetsOf(RefitUnit unit)
    {
        SampleLayout layout = LayoutOf(unit);
        return (layout.Rows + (long)(MapImagesOf(unit)?.Count ?? 0) * layout.Area) * layout.Channels;
    }

    /// <summary>
    /// Whether a unit's targets, and what they are made of, are rounded to three digits (<see cref="RoundedValues"/>): where there are very many in all.
    /// Outputs never are; they are few.
    /// </summary>
    public bool RoundsTargetsOf(RefitUnit unit) => _roundsTargets && LayoutOf(unit).Area > 1;

    /// <summary>How often two units are fitted together.</summary>
    public int PairRoundsOf(RefitPair pair) =>
        _options.PairRounds ?? Math.Max(_layouts[pair.First].Columns, _layouts[pair.Second].Columns) switch { > Wide => 0, > Wide / 2 => 1, _ => 3 };

    /// <summary>How often a unit's targets are changed where its activation is flat, and its weights solved for again.</summary>
    public int ActivationRoundsOf(RefitUnit unit) =>
        unit.Activation is null ? 0
        : _layouts[unit].Columns > Wide || _layouts[unit].Channels / _layouts[unit].Groups > ManyOutputs ? Math.Min(_options.ActivationRounds, 1)
        : _options.ActivationRounds;
}
