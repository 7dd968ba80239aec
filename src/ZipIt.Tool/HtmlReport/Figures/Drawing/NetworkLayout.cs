using System.Numerics;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.Tool.HtmlReport;

/// <summary>
/// Where the layers of a multi-task network stand in a drawing: layers with weights in columns by their depth, and in lanes by whom they serve, told from the
/// graph alone. What serves all tasks is the trunk; a member's layers in front of the trunk have a lane of their own too.
/// </summary>
internal sealed class NetworkLayout
{
    private readonly Network _network;
    private readonly Dictionary<Node, int> _depths = [];
    private readonly Dictionary<Node, Lane> _lanes = [];
    private readonly Dictionary<Node, Run> _runOf = [];
    private readonly HashSet<Node> _aside = [];

    private NetworkLayout(Network network, IReadOnlyList<string> members)
    {
        _network = network;
        Outputs = [.. network.Heads.Select(head => head.Name)];
        foreach (Node node in network.Nodes)
            _depths[node] = node.Inputs.Select(input => _depths[input]).DefaultIfEmpty().Max() + (node.Layer.HasWeights ? 1 : 0);
        ColumnCount = 1 + _depths.Values.Max();
        AssignLanes(members);
        Bars = MakeBars();
        Runs = MakeRuns();
        Joints = FindJoints();
        Arcs = [.. network.Nodes.Where(node => node.Layer is Add).Select(FindArc).OfType<Arc>()];
        Resolutions = FindResolutions();
    }

    /// <summary>Number of columns; the first one, 0, is the image.</summary>
    public int ColumnCount { get; }

    /// <summary>Names of the outputs, from the first place across to the last.</summary>
    public IReadOnlyList<string> Outputs { get; }

    /// <summary>The layers with weights.</summary>
    public IReadOnlyList<Bar> Bars { get; }

    /// <summary>The pieces of lanes without a gap.</summary>
    public IReadOnlyList<Run> Runs { get; }

    /// <summary>Which pieces take the values of which.</summary>
    public IReadOnlyList<(Run From, Run To)> Joints { get; }

    /// <summary>Residual connections.</summary>
    public IReadOnlyList<Arc> Arcs { get; }

    /// <summary>Columns whose values have one size.</summary>
    public IReadOnlyList<Resolution> Resolutions { get; }

    /// <summary>The last column of the trunk; 0 if nothing is shared.</summary>
    public int LastShared => Bars.Where(bar => bar.Lane.IsTrunk).Select(bar => bar.Column).DefaultIfEmpty().Max();

    /// <summary>Whether some, but not all, tasks share layers, as in a zip of a zip.</summary>
    public bool HasPartlyShared => Bars.Any(bar => bar.Lane is { IsTrunk: false, Owner: null });

    /// <summary>Lays a network out.</summary>
    /// <param name="network">The network.</param>
    /// <param name="members">Names of the networks that it was zipped from.</param>
    public static NetworkLayout Of(Network network, IReadOnlyList<string> members) => new(network, members);

    /// <summary>
    /// Number of the colour of a member: that of its output; one of its own if it has several, as a network that was zipped before.
    /// </summary>
    /// <param name="member">Name of the member.</param>
    /// <param name="members">Names of all members.</param>
    /// <param name="outputs">Names of the outputs of the zipped network.</param>
    public static int ColorOf(string member, IReadOnlyList<string> members, IReadOnlyList<string> outputs)
    {
        int output = outputs.ToList().IndexOf(member);
        return output >= 0 ? output : outputs.Count + members.Except(outputs).ToList().IndexOf(member);
    }

    /// <summary>The lane of an output's last node.</summary>
    public Run RunOf(string output)
    {
        Node node = _network.Head(output).Node;
        while (!_runOf.ContainsKey(node))
            node = node.Inputs[0];
        return _runOf[node];
    }

    /// <summary>Number of layers with weights on the longest path through an output's own and the trunk's columns that the trunk does not hold.</summary>
    public int CountOwnLayers(string output) => Math.Max(0, _depths[_network.Head(output).Node] - LastShared);

    /// <summary>The columns where the channels of a feature space are written, in ascending order.</summary>
    public IReadOnlyList<int> ColumnsOf(FeatureSpace space) => [.. space.Writers.Where(_depths.ContainsKey).Select(node => _depths[node]).Distinct().Order()];

    private void AssignLanes(IReadOnlyList<string> members)
    {
        var served = new Dictionary<Node, BigInteger>();
        for (int i = 0; i < _network.Heads.Count; i++)
        {
            var needed = new HashSet<Node> { _network.Heads[i].Node };
            foreach (Node node in _network.Nodes.Reverse().Where(needed.Contains))
            {
                needed.UnionWith(node.Inputs);
                served[node] = served.GetValueOrDefault(node) | BigInteger.One << i;
            }
        }

        BigInteger all = (BigInteger.One << _network.Heads.Count) - 1;
        string? StemOf(Node node) => served[node] == all && _network.Heads.Count > 1
            ? members.FirstOrDefault(member => node.Name.StartsWith(member + "/", StringComparison.Ordinal))
            : null;
        string[] stems = [.. members.Where(member => _network.Nodes.Any(node => StemOf(node) == member))];
        var lanes = new Dictionary<(BigInteger, string?), Lane>();
        foreach (Node node in _network.Nodes)
        {
            string? stem = StemOf(node);
            (BigInteger, string?) key = (served[node], stem);
            if (!lanes.TryGetValue(key, out Lane? lane))
            {
                int[] places = [.. Enumerable.Range(0, _network.Heads.Count).Where(i => (served[node] >> i & BigInteger.One) == 1)];
                double middle = stem is null
                    ? places.Average() + 0.5
                    : (Array.IndexOf(stems, stem) + 0.5) * _network.Heads.Count / stems.Length;
                int? owner = stem is not null ? ColorOf(stem, members, Outputs) : places.Length == 1 && _network.Heads.Count > 1 ? places[0] : null;
                lane = new Lane(middle, owner, stem is null && served[node] == all);
                lanes.Add(key, lane);
            }

            _lanes[node] = lane;
        }
    }

    /// <summary>
    /// One bar for each layer with weights. Of several in one place the main one has the most layers behind it, or is the costliest; the others stand aside, as
    /// a shortcut does.
    /// </summary>
    private List<Bar> MakeBars()
    {
        var behind = new Dictionary<Node, int>();
        foreach (Node node in _network.Nodes.Reverse())
        {
            int own = behind.GetValueOrDefault(node) + (node.Layer.HasWeights ? 1 : 0);
            foreach (Node input in node.Inputs)
                behind[input] = Math.Max(behind.GetValueOrDefault(input), own);
        }

        var bars = new List<Bar>();
        foreach (IGrouping<(Lane, int), Node> place in _network.Nodes.Where(node => node.Layer.HasWeights).GroupBy(node => (_lanes[node], _depths[node])))
        {
            Node[] nodes = [.. place.OrderByDescending(behind.GetValueOrDefault).ThenByDescending(node => NetworkCost.CountMultiplyAdds(_network, node))];
            for (int i = 0; i < nodes.Length; i++)
            {
                if (i > 0)
                    _aside.Add(nodes[i]);
                bars.Add(new Bar(nodes[i], place.Key.Item1, place.Key.Item2, _network.ShapeOf(nodes[i])[0], i));
            }
        }

        return bars;
    }

    private List<Run> MakeRuns()
    {
        var runs = new List<Run>();
        IEnumerable<(Lane Lane, int Column, Node Node)> places = _network.Nodes
            .Where(node => node.Layer.HasWeights || node.Layer is Input)
            .Select(node => (_lanes[node], _depths[node], node));
        foreach (IGrouping<Lane, (Lane Lane, int Column, Node Node)> lane in places.GroupBy(place => place.Lane))
        {
            foreach ((_, int column, Node node) in lane.OrderBy(place => place.Column))
            {
                if (runs.Count == 0 || runs[^1].Lane != lane.Key || column > runs[^1].Last + 1)
                    runs.Add(new Run(lane.Key) { First = column });
                runs[^1].Last = column;
                _runOf[node] = runs[^1];
            }
        }

        return runs;
    }

    private List<(Run From, Run To)> FindJoints()
    {
        var sources = new Dictionary<Node, HashSet<Run>>();
        var joints = new HashSet<(Run From, Run To)>();
        foreach (Node node in _network.Nodes)
        {
            HashSet<Run> before = node.Inputs.Count == 1 ? sources[node.Inputs[0]] : [.. node.Inputs.SelectMany(input => sources[input])];
            if (!_runOf.TryGetValue(node, out Run? run))
            {
                sources[node] = before;
                continue;
            }

            joints.UnionWith(before.Where(source => source != run).Select(source => (source, run)));
            sources[node] = [run];
        }

        return [.. joints.OrderBy(joint => joint.From.First).ThenBy(joint => joint.To.Lane.Middle)];
    }

    /// <summary>A sum takes a value that is older than its youngest one: there the arc begins.</summary>
    private Arc? FindArc(Node sum)
    {
        int end = _depths[sum], start = sum.Inputs.Min(StartOf);
        return start < end && sum.Inputs.All(input => _lanes[input] == _lanes[sum] || StartOf(input) == start) ? new Arc(_lanes[sum], start, end) : null;
    }

    /// <summary>Column behind which a value is there; one that a layer aside has made was there before that layer.</summary>
    private int StartOf(Node node)
    {
        while (!node.Layer.HasWeights && node.Inputs.Count == 1)
            node = node.Inputs[0];
        return _depths[node] - (_aside.Contains(node) ? 1 : 0);
    }

    private List<Resolution> FindResolutions()
    {
        var resolutions = new List<Resolution>();
        foreach (IGrouping<int, Bar> column in Bars.Where(bar => bar.Aside == 0).GroupBy(bar => bar.Column).OrderBy(group => group.Key))
        {
            ReadOnlySpan<int> shape = _network.ShapeOf(column.First().Node);
            string text = shape.Length == 3 ? $"{shape[1]}×{shape[2]}" : "";
            if (resolutions.Count == 0 || resolutions[^1].Size != text)
                resolutions.Add(new Resolution(text) { First = column.Key });
            resolutions[^1].Last = column.Key;
            resolutions[^1].Channels.UnionWith(column.Select(bar => bar.Channels));
        }

        return resolutions;
    }

    /// <summary>The place across the drawing of what serves the same tasks.</summary>
    /// <param name="middle">Its middle, in outputs from the first one's edge.</param>
    /// <param name="owner">Number of the one output or member that it belongs to; null if it is shared.</param>
    /// <param name="isTrunk">Whether all tasks share it.</param>
    internal sealed class Lane(double middle, int? owner, bool isTrunk)
    {
        public double Middle { get; } = middle;

        public int? Owner { get; } = owner;

        public bool IsTrunk { get; } = isTrunk;
    }

    /// <summary>A layer with weights.</summary>
    /// <param name="Node">The layer.</param>
    /// <param name="Lane">Its lane.</param>
    /// <param name="Column">Its column.</param>
    /// <param name="Channels">Number of its output channels.</param>
    /// <param name="Aside">0 for the main layer of its place, otherwise its number among those beside it.</param>
    internal sealed record Bar(Node Node, Lane Lane, int Column, int Channels, int Aside);

    /// <summary>A residual connection.</summary>
    /// <param name="Lane">Its lane.</param>
    /// <param name="Start">The column behind which it begins.</param>
    /// <param name="End">The column behind which it ends.</param>
    internal sealed record Arc(Lane Lane, int Start, int End);

    /// <summary>A piece of a lane without a gap.</summary>
    /// <param name="lane">The lane.</param>
    internal sealed class Run(Lane lane)
    {
        public Lane Lane { get; } = lane;

        public int First { get; init; }

        public int Last { get; set; }
    }

    /// <summary>Columns whose values have one size.</summary>
    /// <param name="size">Height and width; empty for vectors.</param>
    internal sealed class Resolution(string size)
    {
        public string Size { get; } = size;

        public int First { get; init; }

        public int Last { get; set; }

        public SortedSet<int> Channels { get; } = [];
    }
}
