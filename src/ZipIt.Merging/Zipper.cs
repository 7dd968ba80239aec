using System.Diagnostics;
using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Merges networks of one architecture into one multi-task network without training (Stoica et al., <i>ZipIt! Merging Models from Different Tasks without Training</i>,
/// ICLR 2024): statistics of the members' features → merge and unmerge matrices → merged network → reset of batch normalization.
/// </summary>
/// <remarks>
/// Everything that can be wrong with members and options is checked by the constructor. The steps can be taken one by one, so that one pass of
/// statistics serves many matchers.
/// </remarks>
public sealed class Zipper
{
    private const long TapBytes = 512L << 20; // features that the statistics hold at a time

    private readonly ZipStructure _structure;

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
        Members = BatchNormFolding.Unify([.. members]);
        _structure = new ZipStructure(Members, Options.Cut, Options.Start);
    }

    /// <summary>
    /// The networks that are zipped. If some of them have no batch normalization left (a refit folds it) and others have, it is folded into the convolutions of all.
    /// </summary>
    public IReadOnlyList<ZipMember> Members { get; }

    /// <summary>How they are zipped.</summary>
    public ZipOptions Options { get; }

    /// <summary>The feature spaces that are merged, in the first member, in topological order.</summary>
    public IReadOnlyList<FeatureSpace> MergedSpaces => _structure.MergedSpaces;

    internal ZipStructure Structure => _structure;

    /// <summary>Does all steps.</summary>
    /// <param name="images">Calibration images of all tasks; no labels needed. 100 are nearly as good as 50,000 on CIFAR, 640 on ImageNet (paper, appendix).</param>
    /// <param name="progress">Is told about each step.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">There are fewer than two images, or they have another shape than the networks take.</exception>
    public ZipResult Zip(IImageSource images, IProgress<ZipProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var times = new Dictionary<string, TimeSpan>();
        using var pool = new BufferPool();
        RefitPreparation? prepared = null;
        IReadOnlyList<SpaceStatistics> statistics = Time("Statistics", () =>
        {
            prepared = PrepareRefit(images, pool);
            return CollectStatistics([this], images, progress, cancellationToken, prepared?.Samples);
        });
        IReadOnlyList<SpaceMap> maps = Time("Matching", () => Match(statistics, progress, cancellationToken));
        IReadOnlyList<SpaceReport> spaces = ReportSpaces(statistics, maps);
        statistics = []; // they may take more memory than anything that follows
        Network merged;
        IReadOnlyList<LayerReport> layers = [];
        if (Options.Refit is not null && MergedSpaces.Count > 0)
        {
            RefitResult refit = Time("Refit", () => LeastSquaresRefit.Apply(MergeWithOrigins(maps), Members, images, Options, pool, progress, cancellationToken, prepared));
            (merged, layers) = (refit.Network, refit.Layers);
        }
        else
        {
            merged = Time("Merging", () => Merge(maps));
            if (Options.ResetBatchNorm && MergedSpaces.Count > 0)
                merged = Time("BatchNorm reset", () => ResetBatchNorm(merged, images, cancellationToken));
        }

        return new ZipResult(merged, maps, Report(spaces, merged, layers, times));

        T Time<T>(string stage, Func<T> work)
        {
            var clock = Stopwatch.StartNew();
            T result = work();
            times[stage] = clock.Elapsed;
            progress?.Report(new ZipProgress(stage, 0, clock.Elapsed, true));
            return result;
        }
    }

    /// <summary>Measures mean and covariance of the members' features in every space that is matched.</summary>
    /// <param name="images">Calibration images.</param>
    /// <param name="progress">Is told after each batch.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">There are fewer than two images, or they have another shape than the networks take.</exception>
    public IReadOnlyList<SpaceStatistics> CollectStatistics(IImageSource images, IProgress<ZipProgress>? progress = null, CancellationToken cancellationToken = default) =>
        CollectStatistics([this], images, progress, cancellationToken);

    /// <summary>
    /// Measures in one pass what several zippers of the same members need, which differ in their cuts or matchers. The first one's options say how. Members can be sampled on
    /// the way.
    /// </summary>
    internal static IReadOnlyList<SpaceStatistics> CollectStatistics(
        IReadOnlyList<Zipper> zippers, IImageSource images, IProgress<ZipProgress>? progress, CancellationToken cancellationToken, MemberSamples? samples = null)
    {
        (IReadOnlyList<ZipMember> members, ZipOptions options) = (zippers[0].Members, zippers[0].Options);
        zippers[0].CheckShape(images);
        (ZipStructure Structure, FeatureSpace Space)[] spaces = [.. zippers
            .SelectMany(zipper => zipper._structure.MatchedSpaces.Select(space => (Structure: zipper._structure, Space: space)))
            .DistinctBy(entry => entry.Structure.ObservationOf(entry.Space).Name)];
        if (spaces.Length == 0)
            return [];
        Node[] nodes = [.. spaces.Select(entry => entry.Structure.ObservationOf(entry.Space))];
        FeatureStatisticsCollector[] collectors = [.. spaces.Select(entry => new FeatureStatisticsCollector(options.Threads, entry.Structure.WidthsOf(entry.Space)))];
        Node[][] sampled = [.. members.Select((_, m) => samples?.NodesOf(m).ToArray() ?? [])];
        long imageBytes = (nodes.Sum((Node node) => LengthOf(members[0].Network, node)) * members.Count
            + sampled.Select((own, m) => own.Sum(node => LengthOf(members[m].Network, node))).Sum()) * sizeof(float);
        int batchSize = (int)Math.Clamp(TapBytes / imageBytes, 1, options.BatchSize);
        INetworkSession[] sessions = [.. members.Select((member, m) => options.Engine.CreateSession(member.Network, new SessionOptions
        {
            MaximumBatchSize = batchSize,
            Threads = options.Threads,
            Taps = [.. spaces.Select((entry, s) => entry.Structure.Alignment.CounterpartOf(nodes[s], m).Name), .. sampled[m].Select(node => node.Name)],
        }))];
        var clock = Stopwatch.StartNew();
        long count = 0;
        try
        {
            foreach (ImageBatch batch in images.ReadBatches(batchSize))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (INetworkSession session in sessions)
                    session.Run(batch.Pixels.Span, batch.Count);
                for (int s = 0; s < spaces.Length; s++)
                    collectors[s].Add(sessions, s, batch.Count * PixelsOf(members[0].Network, nodes[s]));
                for (int m = 0; m < members.Count; m++)
                {
                    for (int i = 0; i < sampled[m].Length; i++)
                        samples!.Add(m, sampled[m][i], sessions[m].GetTap(spaces.Length + i), count, batch.Count);
                }

                count += batch.Count;
                progress?.Report(new ZipProgress("Statistics", count, clock.Elapsed, false));
            }
        }
        finally
        {
            foreach (INetworkSession session in sessions)
                session.Dispose();
        }

        if (count < 2)
            throw new ArgumentException($"Expected at least two calibration images, better 100 or more, found {count}.", nameof(images));
        FeatureSpaces[] ownSpaces = [.. members.Select(member => FeatureSpaces.Find(member.Network))];
        return [.. spaces.Select((entry, s) => new SpaceStatistics(entry.Space, collectors[s].ToStatistics(), ImportanceOf(entry.Structure, nodes[s], ownSpaces))
        {
            Node = nodes[s].Name,
        })];
    }

    /// <summary>Finds the merge and unmerge matrices of all merged spaces.</summary>
    /// <param name="statistics">
    /// What <see cref="CollectStatistics"/> gave, of this zipper or of another one with the same members whose cut reaches as far: features are looked up by the name of
    /// the node where they were measured.
    /// </param>
    /// <param name="progress">Is told after each space.</param>
    /// <param name="cancellationToken">Ends the work between two spaces.</param>
    /// <exception cref="ArgumentException">A space has no statistics.</exception>
    public IReadOnlyList<SpaceMap> Match(IReadOnlyList<SpaceStatistics> statistics, IProgress<ZipProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        Dictionary<string, SpaceStatistics> byNode = statistics.ToDictionary(entry => entry.Node);
        Dictionary<FeatureSpace, int> widths = ChooseWidths(byNode);
        IReadOnlyList<SpaceMap> maps = Match(byNode, widths, null, progress, cancellationToken);
        for (int sweep = 0; sweep < Options.ImportanceSweeps && Options.Matcher.UsesImportance; sweep++)
            maps = Match(byNode, widths, maps, progress, cancellationToken);
        return maps;
    }

    /// <summary>Matches all spaces; maps of an earlier sweep tell which of the features that a layer writes are kept, so that only they count.</summary>
    private List<SpaceMap> Match(
        Dictionary<string, SpaceStatistics> byNode, Dictionary<FeatureSpace, int> widths, IReadOnlyList<SpaceMap>? earlier, IProgress<ZipProgress>? progress,
        CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var maps = new List<SpaceMap>();
        Dictionary<FeatureSpace, FeatureMap>? mapOf = earlier?.ToDictionary(entry => entry.Space, entry => entry.Map);
        foreach (FeatureSpace space in _structure.MergedSpaces)
        {
            cancellationToken.ThrowIfCancellationRequested();
            FeatureMap map = space.IsOutput
                ? AverageOf(_structure.WidthsOf(space))
                : Options.Matcher.Match(ProblemOf(space, byNode, widths, mapOf));
            if (Members.Any(member => member.Weight != Members[0].Weight))
                map = map.Reweigh([.. Members.Select(member => member.Weight)]);
            maps.Add(new SpaceMap(space, map));
            if (mapOf is not null)
                mapOf[space] = map;
            progress?.Report(new ZipProgress("Matching", maps.Count, clock.Elapsed, false));
        }

        return maps;
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
    public RefitResult Refit(IReadOnlyList<SpaceMap> maps, IImageSource images, IProgress<ZipProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(maps);
        CheckShape(images);
        using var pool = new BufferPool();
        return LeastSquaresRefit.Apply(MergeWithOrigins(maps), Members, images, Options, pool, progress, cancellationToken);
    }

    internal MergedNetwork MergeWithOrigins(IReadOnlyList<SpaceMap> maps) => NetworkMerger.Merge(_structure, maps.ToDictionary(entry => entry.Space.Index, entry => entry.Map));

    /// <summary>Resets the batch normalization of a zipped network with the calibration images.</summary>
    /// <param name="network">The zipped network.</param>
    /// <param name="images">Calibration images of all tasks; they are shuffled if the options say so.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    public Network ResetBatchNorm(Network network, IImageSource images, CancellationToken cancellationToken = default)
    {
        IImageSource mixed = Options.Shuffle ? new ShuffledImages(images, Options.Seed) : images;
        return BatchNormReset.Apply(network, mixed, Options.Engine, Options.BatchSize, Options.Threads, cancellationToken);
    }

    private List<SpaceReport> ReportSpaces(IReadOnlyList<SpaceStatistics> statistics, IReadOnlyList<SpaceMap> maps)
    {
        Dictionary<FeatureSpace, FeatureMap> mapOf = maps.ToDictionary(entry => entry.Space, entry => entry.Map);
        return [.. statistics.Select(entry => SpaceReport.Of(_structure.ObservationOf(entry.Space).Name, mapOf[entry.Space], entry.Statistics))];
    }

    private ZipReport Report(IReadOnlyList<SpaceReport> spaces, Network merged, IReadOnlyList<LayerReport> layers, IReadOnlyDictionary<string, TimeSpan> times) =>
        new(Options.Matcher.Name, spaces, NetworkCost.Of(merged), [.. Members.Select(member => NetworkCost.Of(member.Network))], times)
        {
            Layers = layers,
            Members = [.. Members.Select(member => member.Name)],
            Cut = _structure.Cut.ToString(),
        };

    private MatchingProblem ProblemOf(
        FeatureSpace space, Dictionary<string, SpaceStatistics> statistics, Dictionary<FeatureSpace, int> widths, Dictionary<FeatureSpace, FeatureMap>? mapOf)
    {
        string node = _structure.ObservationOf(space).Name;
        if (!statistics.TryGetValue(node, out SpaceStatistics? entry))
            throw new ArgumentException($"There are no statistics of the features of node '{node}'.", nameof(statistics));
        if (!entry.Statistics.Widths.SequenceEqual(_structure.WidthsOf(space)))
            throw new ArgumentException($"The statistics of node '{node}' are those of other networks.", nameof(statistics));
        int? width = widths.TryGetValue(space, out int own) ? own : null;
        return new MatchingProblem(entry.Statistics, width, mapOf is null ? entry.Importance : ImportanceAmongKept(space, mapOf)) { Threads = Options.Threads };
    }

    /// <summary>Widths that the options name, or that fit the budget: measured by what a selection of features leaves unexplained.</summary>
    private Dictionary<FeatureSpace, int> ChooseWidths(Dictionary<string, SpaceStatistics> byNode)
    {
        if (Options.FlopsBudget is { } budget)
        {
            var selection = new SelectionMatcher();
            Dictionary<FeatureSpace, IReadOnlyList<double>> unexplained = _structure.MatchedSpaces.ToDictionary(space => space, space =>
            {
                MatchingProblem problem = ProblemOf(space, byNode, [], null);
                return selection.Select(new MatchingProblem(problem.Statistics, problem.Statistics.FeatureCount, problem.Importance) { Threads = Options.Threads }).UnexplainedAfter;
            });
            return WidthPlan.Choose(_structure, unexplained, budget * Members.Max(member => NetworkCost.Of(member.Network).MultiplyAdds));
        }

        return _structure.MatchedSpaces.Where(space => Options.Widths.ContainsKey(space.Name)).ToDictionary(space => space, space => Options.Widths[space.Name]);
    }

    /// <summary>What features matter to those outputs of their readers that are kept: a channel that nobody needs to produce makes nothing important.</summary>
    private double[] ImportanceAmongKept(FeatureSpace space, Dictionary<FeatureSpace, FeatureMap> mapOf)
    {
        Node observation = _structure.ObservationOf(space);
        return [.. Enumerable.Range(0, Members.Count).SelectMany(m =>
        {
            FeatureSpaces own = FeatureSpaces.Find(Members[m].Network);
            Dictionary<Node, Node> baseOf = _structure.Shared.ToDictionary(node => _structure.Alignment.CounterpartOf(node, m));
            return FeatureImportance.Compute(own, own[own.LayoutOf(_structure.Alignment.CounterpartOf(observation, m))[0].Space], reader =>
                baseOf.TryGetValue(reader, out Node? shared)
                && _structure.Spaces.LayoutOf(shared) is [{ } written]
                && mapOf.TryGetValue(_structure.Spaces[written.Space], out FeatureMap? map)
                    ? KeptShares(map, m)
                    : null);
        })];
    }

    /// <summary>For each feature of a member Σ M² over the merged features: 1 if it is selected, 0 if it is not kept.</summary>
    private static double[] KeptShares(FeatureMap map, int member)
    {
        var shares = new double[map.Widths[member]];
        int offset = map.OffsetOf(member);
        for (int p = 0; p < map.MergedCount; p++)
        {
            foreach (FeatureMap.Entry entry in map.MergeRow(p))
            {
                if (entry.Index >= offset && entry.Index < offset + shares.Length)
                    shares[entry.Index - offset] += entry.Weight * entry.Weight;
            }
        }

        return shares;
    }

    /// <summary>
    /// Where the widths of the zipped network are known before features are matched, members are sampled for the refit while they run for the statistics.
    /// </summary>
    private RefitPreparation? PrepareRefit(IImageSource images, BufferPool pool)
    {
        if (Options.Refit is not { MaximumImages: null } || Options.FlopsBudget is not null || Options.Widths.Count > 0 || MergedSpaces.Count == 0)
            return null;
        CheckShape(images);
        SpaceMap[] likely = [.. MergedSpaces.Select(space => new SpaceMap(space, LikelyMap(_structure.WidthsOf(space))))];
        return RefitPreparation.Make(MergeWithOrigins(likely), Members, images, Options, pool);

        static FeatureMap LikelyMap(int[] widths)
        {
            int[] offsets = [.. Enumerable.Range(0, widths.Length).Select(m => widths.Take(m).Sum())];
            return FeatureMap.FromGroups(widths, [.. Enumerable.Range(0, widths.Max()).Select(p =>
                (IReadOnlyList<int>)[.. Enumerable.Range(0, widths.Length).Where(m => p < widths[m]).Select(m => offsets[m] + p)])]);
        }
    }

    private static long LengthOf(Network network, Node node) => (long)network.ShapeOf(node)[0] * PixelsOf(network, node);

    private static int PixelsOf(Network network, Node node)
    {
        ReadOnlySpan<int> shape = network.ShapeOf(node);
        return shape.Length == 3 ? shape[1] * shape[2] : 1;
    }

    private static double[] ImportanceOf(ZipStructure structure, Node observation, FeatureSpaces[] ownSpaces) => [.. ownSpaces.SelectMany((own, m) =>
    {
        Node counterpart = structure.Alignment.CounterpartOf(observation, m);
        return FeatureImportance.Compute(own, own[own.LayoutOf(counterpart)[0].Space]);
    })];

    /// <summary>Outputs mean the same in all members: output j is the mean of all outputs j.</summary>
    private static FeatureMap AverageOf(int[] widths) =>
        FeatureMap.FromGroups(widths, [.. Enumerable.Range(0, widths[0]).Select(j => widths.Select((width, m) => m * width + j).ToArray())]);

    private void CheckShape(IImageSource images)
    {
        ArgumentNullException.ThrowIfNull(images);
        ReadOnlySpan<int> expected = Members[0].Network.ShapeOf(Members[0].Network.Inputs[0]);
        if (!images.Shape.SequenceEqual(expected))
            throw new ArgumentException($"The networks take images of shape {Tensor.FormatShape(expected)}, the calibration images have {Tensor.FormatShape(images.Shape)}.", nameof(images));
    }

    private static void CheckNames(IReadOnlyList<ZipMember> members)
    {
        string? name = members.GroupBy(member => member.Name).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (name is not null)
            throw new ArgumentException($"Two networks are called '{name}'.", nameof(members));
        string? output = members.SelectMany(member => member.Network.Heads.Select(member.NameOf)).GroupBy(head => head).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (output is not null)
            throw new ArgumentException($"Two networks have an output called '{output}'.", nameof(members));
    }
}
