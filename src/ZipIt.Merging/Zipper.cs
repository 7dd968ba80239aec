using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Merges networks of one architecture into one multi-task network without training (Stoica et al., <i>ZipIt! Merging Models from Different Tasks without
/// Training</i>, ICLR 2024): statistics of the members' features → merge and unmerge matrices → merged network → repair, by a refit of its weights or a reset
/// of batch normalization.
/// </summary>
/// <remarks>
/// Everything that can be wrong with members and options is checked by the constructor. The steps can be taken one by one (<see cref="CollectStatistics"/>,
/// <see cref="Match(IReadOnlyList{SpaceStatistics}, IProgress{ZipProgress}?, CancellationToken)"/>,
/// <see cref="Finish(IReadOnlyList{SpaceMap}, IImageSource, IProgress{ZipProgress}?, CancellationToken)"/>),
/// so that one pass of statistics serves many matchers.
/// </remarks>
public sealed class Zipper
{
    private readonly LossSearch? _search;

    /// <summary>Prepares a zip.</summary>
    /// <param name="members">Two or more networks; names and the names of their outputs must differ.</param>
    /// <param name="options">How to zip; null for the defaults.</param>
    /// <exception cref="ArgumentException">The members cannot be merged as the options ask; the message names member and node.</exception>
    public Zipper(IReadOnlyList<ZipMember> members, ZipOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(members);
        Options = options ?? new ZipOptions();
        if (members.Count < 2)
            throw new ArgumentException($"Expected two or more networks to zip, found {members.Count}.", nameof(members));
        if (Options.BatchSize < 2)
            throw new ArgumentException($"Expected a batch size of at least 2, found {Options.BatchSize}.", nameof(options));
        Options.Refit?.Check();
        CheckNames(members);
        Given = [.. members];
        Members = DeepHeads.Unify(BatchNormFolding.Unify(Options.ShareNormalization ? SharedNormalization.Unify(Given) : Given));
        Structure = CutSearch.Find(Members, Options.Cut, Options.Start, Options.ShareNormalization);
        CheckWidths();
        if (Options.Matcher is not (IFeatureMatcher or IWeightMatcher))
            throw new ArgumentException($"The matcher '{Options.Matcher.Name}' implements neither {nameof(IFeatureMatcher)} nor {nameof(IWeightMatcher)}.",
                nameof(options));
        Options.Matcher.Check(this);
        _search = Options.MaximumLoss is { } loss ? new LossSearch(this, loss) : null;
    }

    /// <summary>
    /// The networks that are zipped. If some of them have no batch normalization left (a refit folds it) and others have, it is folded into the convolutions of
    /// all.
    /// </summary>
    public IReadOnlyList<ZipMember> Members { get; }

    /// <summary>How they are zipped.</summary>
    public ZipOptions Options { get; }

    /// <summary>The feature spaces that are merged, in the first member, in topological order.</summary>
    public IReadOnlyList<FeatureSpace> MergedSpaces => Structure.MergedSpaces;

    /// <summary>Whether members that normalize images differently share one normalization (<see cref="ZipOptions.ShareNormalization"/>).</summary>
    public bool SharesNormalization => Structure.SharesNormalization;

    /// <summary>The networks as they were given.</summary>
    internal IReadOnlyList<ZipMember> Given { get; }

    internal ZipStructure Structure { get; }

    private bool IsRefitted => Options.Refit is not null && MergedSpaces.Count > 0;

    /// <summary>Does all steps.</summary>
    /// <param name="images">Calibration images of all tasks; no labels needed. 100 are nearly as good as 50,000 on CIFAR, 640 on ImageNet (paper,
    /// appendix).</param>
    /// <param name="progress">Is told about each step.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">There are fewer than two images, or they have another shape than the networks take.</exception>
    /// <exception cref="InvalidOperationException">A member cannot have been trained on such images (<see cref="ZipOptions.CalibrationCheck"/>).</exception>
    public ZipResult Zip(IImageSource images, IProgress<ZipProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckShape(images);
        var stages = new StageTimes(progress);
        if (_search is not null)
            return _search.Zip(images, progress, cancellationToken);
        using RefitPreparation? prepared = PrepareRefit(images);
        var pass = new StatisticsPass(Given, [Structure], Options) { Outputs = RecordOutputs() };
        IReadOnlyList<SpaceStatistics> statistics = stages.Run(ZipStage.Statistics, clock => pass.Run(images, prepared, clock, cancellationToken));
        IReadOnlyList<SpaceMap> maps = stages.Run(ZipStage.Matching, clock => Match(statistics, null, clock, cancellationToken));
        maps = Describe(maps, statistics);
        statistics = []; // they may take more memory than anything that follows
        return Finish(maps, images, prepared, pass, stages, cancellationToken);
    }

    /// <summary>
    /// Measures mean and covariance of the members' features in every space that is matched: at all pixels, or, if weights are refitted
    /// (<see cref="ZipOptions.Refit"/>), in maps of more than 256 pixels at as many of each image as half of all members' features, but 256 at least.
    /// </summary>
    /// <param name="images">Calibration images.</param>
    /// <param name="progress">Is told after each batch.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">There are fewer than two images, or they have another shape than the networks take.</exception>
    /// <exception cref="InvalidOperationException">A member cannot have been trained on such images (<see cref="ZipOptions.CalibrationCheck"/>).</exception>
    public IReadOnlyList<SpaceStatistics> CollectStatistics(IImageSource images, IProgress<ZipProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        CheckShape(images);
        return new StageTimes(progress).Run(
            ZipStage.Statistics, clock => new StatisticsPass(Given, [Structure], Options).Run(images, null, clock, cancellationToken));
    }

    /// <summary>Finds the merge and unmerge matrices of all merged spaces.</summary>
    /// <param name="statistics">
    /// What <see cref="CollectStatistics"/> gave, of this zipper or of another one with the same members whose cut reaches as far: features are looked up by
    /// the name of the node where they were measured.
    /// </param>
    /// <param name="progress">Is told after each space.</param>
    /// <param name="cancellationToken">Ends the work between two spaces.</param>
    /// <exception cref="ArgumentException">A space has no statistics.</exception>
    public IReadOnlyList<SpaceMap> Match(IReadOnlyList<SpaceStatistics> statistics, IProgress<ZipProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        IReadOnlyList<SpaceMap> maps = new StageTimes(progress).Run(ZipStage.Matching, clock => Match(statistics, null, clock, cancellationToken));
        return Describe(maps, statistics);
    }

    /// <summary>Does what comes after the statistics, for one of several candidates that have them in common.</summary>
    internal ZipResult Finish(IReadOnlyList<SpaceStatistics> statistics, MapCache cache, IImageSource images, StatisticsPass pass,
        CancellationToken cancellationToken)
    {
        var stages = new StageTimes(null);
        IReadOnlyList<SpaceMap> maps = stages.Run(ZipStage.Matching, clock => Match(statistics, cache, clock, cancellationToken));
        return Finish(Describe(maps, statistics), images, null, pass, stages, cancellationToken);
    }

    /// <summary>Builds the zipped network and repairs it as the options say: by a refit of its weights, or by a reset of its batch normalization.</summary>
    /// <param name="maps">One map for each of <see cref="MergedSpaces"/>, of whatever matcher.</param>
    /// <param name="images">Calibration images of all tasks; no labels needed.</param>
    /// <param name="progress">Is told about each step.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">There are fewer than two images, or they have another shape than the networks take.</exception>
    public ZipResult Finish(IReadOnlyList<SpaceMap> maps, IImageSource images, IProgress<ZipProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(maps);
        CheckShape(images);
        return Finish(maps, images, null, null, new StageTimes(progress), cancellationToken);
    }

    /// <summary>Builds the zipped network; its batch normalization is merged, not reset.</summary>
    /// <param name="maps">One map for each of <see cref="MergedSpaces"/>.</param>
    public Network Merge(IReadOnlyList<SpaceMap> maps)
    {
        ArgumentNullException.ThrowIfNull(maps);
        return MergeWithOrigins(maps).Network;
    }

    /// <summary>Builds the zipped network and refits its weights by least squares, so that its features are again what the members' features are.</summary>
    /// <param name="maps">One map for each of <see cref="MergedSpaces"/>, of whatever matcher.</param>
    /// <param name="images">Calibration images of all tasks; no labels needed.</param>
    /// <param name="progress">Is told after each layer.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">There are fewer than two images, or they have another shape than the networks take.</exception>
    public RefitResult Refit(IReadOnlyList<SpaceMap> maps, IImageSource images, IProgress<ZipProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(maps);
        CheckShape(images);
        return Refit(maps, images, null, new StageTimes(progress), cancellationToken);
    }

    /// <summary>Resets the batch normalization of a zipped network with the calibration images.</summary>
    /// <param name="network">The zipped network.</param>
    /// <param name="images">Calibration images of all tasks; they are shuffled if the options say so.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    public Network ResetBatchNorm(Network network, IImageSource images, CancellationToken cancellationToken = default) =>
        BatchNormReset.Apply(network, Mix(images), Options.Engine, Options.BatchSize, Options.Threads, cancellationToken);

    internal MergedNetwork MergeWithOrigins(IReadOnlyList<SpaceMap> maps) =>
        NetworkMerger.Merge(Structure, maps.ToDictionary(entry => entry.Space.Index, entry => entry.Map), Options.Threads);

    /// <summary>Statistics to maps, the one way of every caller.</summary>
    private IReadOnlyList<SpaceMap> Match(IReadOnlyList<SpaceStatistics> statistics, MapCache? cache, StageClock clock, CancellationToken cancellationToken)
    {
        if (Options.Matcher is IFeatureMatcher byFeatures)
            return new SpaceMatching(Structure, Options, byFeatures, statistics, cache).Run(clock, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyList<SpaceMap> maps = ((IWeightMatcher)Options.Matcher).Match(this);
        clock.Report(maps.Count, maps.Count);
        return [.. maps.Select(entry => entry with { Map = entry.Map.Weighted(Members) })];
    }

    /// <summary>Maps to zipped network, the one way of every caller.</summary>
    private ZipResult Finish(
        IReadOnlyList<SpaceMap> maps, IImageSource images, RefitPreparation? prepared, StatisticsPass? pass, StageTimes stages,
        CancellationToken cancellationToken)
    {
        Network merged;
        IReadOnlyList<LayerReport> layers = [];
        TaskOutputs? outputs = null;
        if (IsRefitted)
        {
            RefitResult refitted = Refit(maps, images, prepared, stages, cancellationToken);
            (merged, layers, outputs) = (refitted.Network, refitted.Layers, refitted.Outputs);
        }
        else
        {
            MergedNetwork whole = stages.Run(ZipStage.Merging, _ => MergeWithOrigins(maps));
            merged = whole.Network;
            if (Options.ResetBatchNorm && MergedSpaces.Count > 0)
            {
                merged = stages.Run(
                    ZipStage.BatchNormReset,
                    clock => ActivationRepair.Apply(
                        whole, Members, Mix(new WatchedImages(images, count => clock.Report(count, images.ImageCount))), Options, cancellationToken));
            }
        }

        TaskComparison? comparison = Compare(merged, outputs, pass?.Outputs, images, stages, cancellationToken);
        ZipReport report = Report(maps, merged, layers, stages.Times) with
        {
            Images = pass?.Images ?? 0,
            DistinctImages = pass?.DistinctImages ?? 0,
            Shifts = pass?.Shifts ?? [],
            Tasks = comparison?.Reports ?? [],
            ComparedImages = comparison?.ImageCount ?? 0,
            Loss = comparison?.Loss,
        };
        return new ZipResult(merged, maps, report) { Tasks = comparison?.Tasks ?? Options.Tasks };
    }

    private RecordedOutputs? RecordOutputs() => RecordedOutputs.TryFind(Options.Tasks, Members);

    /// <summary>Holds the zipped network against its members; null if their tasks are not known.</summary>
    private TaskComparison? Compare(
        Network merged, TaskOutputs? outputs, RecordedOutputs? recorded, IImageSource images, StageTimes stages, CancellationToken cancellationToken)
    {
        recorded ??= RecordOutputs();
        if (outputs is null && recorded is null)
            return null;
        return stages.Run(ZipStage.Comparison, clock =>
        {
            if (outputs is null && recorded!.ImageCount == 0)
                recorded.Record(Members, images, Options, cancellationToken);
            if (outputs is null && MergedSpaces.Count == 0)
                outputs = recorded!.ToOutputs(); // nothing but the members
            else if (outputs is null && recorded!.ImageCount > 1)
                outputs = TaskOutputs.Run(merged, recorded, images, IsRefitted && HeldOutImages.For(Options, recorded.ImageCount) is not null, Options, clock,
                    cancellationToken);
            return outputs is { ImageCount: > 1 } ? TaskComparison.Of(outputs) : null;
        });
    }

    private IImageSource Mix(IImageSource images) => Options.Shuffle ? new ShuffledImages(images, Options.Seed) : images;

    private RefitResult Refit(IReadOnlyList<SpaceMap> maps, IImageSource images, RefitPreparation? prepared, StageTimes stages,
        CancellationToken cancellationToken) =>
        stages.Run(ZipStage.Refit, clock => LeastSquaresRefit.Apply(MergeWithOrigins(maps), Members, images, Options, clock, cancellationToken, prepared));

    /// <summary>Adds to the maps how well they fit the features.</summary>
    private IReadOnlyList<SpaceMap> Describe(IReadOnlyList<SpaceMap> maps, IReadOnlyList<SpaceStatistics> statistics)
    {
        Dictionary<string, SpaceStatistics> byNode = statistics.ToDictionary(entry => entry.Node);
        return [.. maps.Select(entry => !entry.Space.IsOutput && byNode.TryGetValue(Structure.ObservationOf(entry.Space).Name, out SpaceStatistics? own)
            ? entry with { Report = SpaceReport.Of(own.Node, entry.Map, own.Statistics, own.Importance, Options.Threads) }
            : entry)];
    }

    private ZipReport Report(IReadOnlyList<SpaceMap> maps, Network merged, IReadOnlyList<LayerReport> layers, IReadOnlyDictionary<ZipStage, TimeSpan> times) =>
        new(Options.Matcher.Name, [.. maps.Select(entry => entry.Report).OfType<SpaceReport>()], NetworkCost.Of(merged),
            [.. Members.Select(member => NetworkCost.Of(member.Network))], times)
        {
            Layers = layers,
            Members = [.. Members.Select(member => member.Name)],
            Cut = Structure.Cut.ToString(),
        };

    /// <summary>
    /// Where the widths of the zipped network are known before features are matched, members are sampled for the refit while they run for the statistics.
    /// </summary>
    private RefitPreparation? PrepareRefit(IImageSource images)
    {
        if (!IsRefitted || Options.Refit!.MaximumImages is not null || Options.FlopsBudget is not null)
            return null;
        Dictionary<int, int> widths = MergedSpaces.ToDictionary(space => space.Index, space =>
            !space.IsOutput && Options.Widths.TryGetValue(space.Name, out int width) ? width : Structure.WidthsOf(space).Max());
        return RefitPreparation.Make(NetworkMerger.Outline(Structure, widths), Members, images, Options);
    }

    private void CheckShape(IImageSource images)
    {
        ArgumentNullException.ThrowIfNull(images);
        ReadOnlySpan<int> expected = Members[0].Network.ShapeOf(Members[0].Network.Inputs[0]);
        if (!images.Shape.SequenceEqual(expected))
            throw new ArgumentException($"The networks take images of shape {Tensor.FormatShape(expected)}, the calibration images have {Tensor.FormatShape(images.Shape)}.", nameof(images));
    }

    private void CheckWidths()
    {
        if (Options.FlopsBudget is { } budget && !(budget > 0 && double.IsFinite(budget)))
            throw new ArgumentOutOfRangeException("options", budget,
                $"Expected a positive multiple of one network's multiply-adds as {nameof(ZipOptions.FlopsBudget)}.");
        foreach ((string name, int width) in Options.Widths)
        {
            FeatureSpace space = Structure.Spaces.FirstOrDefault(space => space.Name == name)
                ?? throw new ArgumentException($"The widths name a space '{name}', which '{Members[0].Name}' lacks.", "options");
            if (!Structure.MatchedSpaces.Contains(space))
                continue;
            int features = Structure.WidthsOf(space).Sum();
            if (width < 1 || width > features)
                throw new ArgumentException($"The space '{name}' has {features} features in all networks, so its width cannot be {width}.", "options");
        }
    }

    private static void CheckNames(IReadOnlyList<ZipMember> members)
    {
        string? name = members.GroupBy(member => member.Name).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (name is not null)
            throw new ArgumentException($"Two networks are called '{name}'.", nameof(members));
        string? output = members.SelectMany(member => member.Network.Heads.Select(member.NameOf)).GroupBy(head => head)
            .FirstOrDefault(group => group.Count() > 1)?.Key;
        if (output is not null)
            throw new ArgumentException($"Two networks have an output called '{output}'.", nameof(members));
    }
}
