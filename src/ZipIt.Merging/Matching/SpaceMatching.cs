using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Matches all spaces of a zip: chooses their widths, asks the matcher for one space after the other, and sweeps over them again with importances that count
/// only what the spaces behind keep.
/// </summary>
internal sealed class SpaceMatching
{
    private const double NegligibleShare = 0.01; // of the variance of a space, below which what a layer adds to it counts for less
    private const double SmallestDemand = 1e-6;

    private readonly ZipStructure _structure;
    private readonly ZipOptions _options;
    private readonly IFeatureMatcher _matcher;
    private readonly MapCache? _cache;
    private readonly Dictionary<string, SpaceStatistics> _byNode;
    private readonly FeatureImportance _importance;
    private readonly double[] _demands; // of each member

    /// <summary>Prepares the matching.</summary>
    /// <param name="structure">What is shared.</param>
    /// <param name="options">Sweeps and widths.</param>
    /// <param name="matcher">Is asked for one space after the other.</param>
    /// <param name="statistics">Statistics of the matched spaces, by the node where they were measured.</param>
    /// <param name="cache">Maps of spaces that were matched before; null for none.</param>
    public SpaceMatching(ZipStructure structure, ZipOptions options, IFeatureMatcher matcher, IReadOnlyList<SpaceStatistics> statistics, MapCache? cache = null)
    {
        (_structure, _options, _matcher, _cache) = (structure, options, matcher, cache);
        _byNode = statistics.ToDictionary(entry => entry.Node);
        _importance = new FeatureImportance([.. Members.Select(member => member.Network)]);
        _demands = [.. Members.Select(member => member.Network.Heads.DistinctBy(head => head.Node).Sum(head => ClassesOf(member, head)))];
    }

    private IReadOnlyList<ZipMember> Members => _structure.Alignment.Members;

    /// <summary>Finds the merge and unmerge matrices of all merged spaces.</summary>
    /// <param name="clock">Is told after each space.</param>
    /// <param name="cancellationToken">Ends the work between two spaces.</param>
    /// <exception cref="ArgumentException">A space has no statistics.</exception>
    public IReadOnlyList<SpaceMap> Run(StageClock clock, CancellationToken cancellationToken)
    {
        Dictionary<FeatureSpace, int> widths = ChooseWidths();
        int sweeps = 1 + (_matcher.UsesImportance ? _options.ImportanceSweeps : 0);
        var maps = new Dictionary<FeatureSpace, FeatureMap>();
        for (int sweep = 0; sweep < sweeps; sweep++)
        {
            int before = sweep * _structure.MergedSpaces.Count;
            for (int s = 0; s < _structure.MergedSpaces.Count; s++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                FeatureSpace space = _structure.MergedSpaces[s];
                maps[space] = Match(space, widths, sweep == 0 ? null : maps);
                clock.Report(before + s + 1, sweeps * _structure.MergedSpaces.Count);
            }
        }

        return [.. _structure.MergedSpaces.Select(space => new SpaceMap(space, maps[space]))];
    }

    /// <summary>Matches one space; maps of an earlier sweep tell which of the features that a layer writes are kept, so that only they count.</summary>
    private FeatureMap Match(FeatureSpace space, Dictionary<FeatureSpace, int> widths, Dictionary<FeatureSpace, FeatureMap>? earlier)
    {
        FeatureMap map;
        if (space.IsOutput)
        {
            map = AverageOf(_structure.WidthsOf(space));
        }
        else
        {
            SpaceStatistics entry = StatisticsOf(space);
            int? width = widths.TryGetValue(space, out int own) ? own : null;
            var problem = new MatchingProblem(entry.Statistics, width, earlier is null ? entry.Importance : ImportanceAmongKept(space, earlier))
            {
                Demands = DemandsOf(space, entry),
                Threads = _options.Threads,
            };
            map = _cache is null ? _matcher.Match(problem) : _cache.Match(_matcher, problem);
        }

        return map.Weighted(Members);
    }

    /// <summary>
    /// The members' demands in one space. Where a member's layers add next to nothing to what they write, as in a block that training has switched off, putting
    /// its features on a par with others' would keep what nobody needs: its demand falls with the share of the variance that they give.
    /// </summary>
    private double[] DemandsOf(FeatureSpace space, SpaceStatistics entry)
    {
        var written = new HashSet<int>();
        foreach (Node reader in space.Readers)
        {
            if (!_structure.Shared.Contains(reader) || _structure.Spaces.LayoutOf(reader) is not [{ } segment])
                return _demands;
            written.Add(segment.Space);
        }

        SpaceStatistics?[] targets = [.. written.Select(index => _byNode.GetValueOrDefault(_structure.ObservationOf(_structure.Spaces[index]).Name))];
        if (targets.Length == 0 || targets.Contains(null))
            return _demands;
        var demands = new double[_demands.Length];
        for (int m = 0; m < demands.Length; m++)
        {
            double given = VarianceOf(entry, m, entry.Importance), all = targets.Sum(target => VarianceOf(target!, m, null));
            demands[m] = all > 0 ? _demands[m] * Math.Clamp(given / (NegligibleShare * all), SmallestDemand, 1) : _demands[m];
        }

        return demands;
    }

    /// <summary>Sum of the variances of a member's features, each times its squared importance.</summary>
    private static double VarianceOf(SpaceStatistics entry, int member, IReadOnlyList<double>? importance)
    {
        int first = 0;
        for (int m = 0; m < member; m++)
            first += entry.Statistics.Widths[m];
        double sum = 0;
        for (int j = first; j < first + entry.Statistics.Widths[member]; j++)
            sum += Math.Max(entry.Statistics.Covariance[j, j], 0) * (importance is null ? 1 : importance[j] * importance[j]);
        return double.IsFinite(sum) ? sum : 0;
    }

    /// <summary>Number of classes that an output decides about, if its tasks are known; otherwise its length.</summary>
    private double ClassesOf(ZipMember member, Head head)
    {
        IEnumerable<string> names = member.Network.Heads.Where(other => ReferenceEquals(other.Node, head.Node)).Select(member.NameOf);
        int classes = _options.Tasks.Where(task => names.Contains(task.Name)).Sum(task => task.Labels.Count);
        return classes > 0 ? classes : member.Network.ShapeOf(head.Node)[0];
    }

    private SpaceStatistics StatisticsOf(FeatureSpace space)
    {
        string node = _structure.ObservationOf(space).Name;
        if (!_byNode.TryGetValue(node, out SpaceStatistics? entry))
            throw new ArgumentException($"There are no statistics of the features of node '{node}'.", "statistics");
        if (!entry.Statistics.Widths.SequenceEqual(_structure.WidthsOf(space)))
            throw new ArgumentException($"The statistics of node '{node}' are those of other networks.", "statistics");
        return entry;
    }

    /// <summary>Widths that the options name, or that fit the budget: measured by what a selection of features leaves unexplained.</summary>
    private Dictionary<FeatureSpace, int> ChooseWidths()
    {
        if (_options.FlopsBudget is not { } budget)
            return _structure.MatchedSpaces.Where(space => _options.Widths.ContainsKey(space.Name))
                .ToDictionary(space => space, space => _options.Widths[space.Name]);
        var selection = new SelectionMatcher();
        Dictionary<FeatureSpace, IReadOnlyList<double>> unexplained = _structure.MatchedSpaces.ToDictionary(space => space, space =>
        {
            SpaceStatistics entry = StatisticsOf(space);
            return selection.Select(new MatchingProblem(entry.Statistics, entry.Statistics.FeatureCount, entry.Importance) { Demands = DemandsOf(space, entry),
                Threads = _options.Threads }).UnexplainedAfter;
        });
        return WidthPlan.Choose(_structure, unexplained, budget * Members.Max(member => NetworkCost.Of(member.Network).MultiplyAdds));
    }

    /// <summary>What features matter to those outputs of their readers that are kept: a channel that nobody needs to produce makes nothing important.</summary>
    private double[] ImportanceAmongKept(FeatureSpace space, Dictionary<FeatureSpace, FeatureMap> maps)
    {
        Node observation = _structure.ObservationOf(space);
        return _importance.Compute(m => _structure.Alignment.CounterpartOf(observation, m), (member, reader) =>
            _structure.SharedOf(member).TryGetValue(reader, out Node? shared)
            && _structure.Spaces.LayoutOf(shared) is [{ } written]
            && maps.TryGetValue(_structure.Spaces[written.Space], out FeatureMap? map)
                ? KeptShares(map, member)
                : null);
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

    /// <summary>Outputs mean the same in all members: output j is the mean of all outputs j.</summary>
    private static FeatureMap AverageOf(int[] widths) =>
        FeatureMap.FromGroups(widths, [.. Enumerable.Range(0, widths[0]).Select(j => widths.Select((width, m) => m * width + j).ToArray())]);
}
