using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.Tool.HtmlReport;

/// <summary>
/// Draws a network: the shared front, the cut, each task's own layers, residual connections, and below the feature spaces that were merged, coloured by what
/// stays unexplained.
/// </summary>
internal sealed class NetworkDrawing
{
    private const int MostLayers = 3000; // more layers, or more outputs, are told in words: nobody could tell them apart
    private const int MostOutputs = 64;

    private const double TextSize = 12;
    private const double SmallSize = 11;
    private const double RailHeight = 12;
    private const double ArcHeight = 9;
    private const double ImageBreadth = 14;
    private const double SmallestBar = 6;

    private readonly MergeSection _section;
    private readonly NetworkLayout _layout;
    private readonly Svg _svg;
    private readonly bool _isUpright;
    private readonly double _pitch; // along, of one column
    private readonly double _slot; // across, of one output
    private readonly double _before; // along, of the image
    private readonly double _after; // along, of the outputs
    private readonly double _edge; // across, in front of the lanes
    private readonly double _largestBar;
    private readonly double[] _places; // along, of the middle of each column
    private readonly (double Least, double Most) _channels;
    private readonly List<Rail> _rails;

    private NetworkDrawing(MergeSection section, NetworkLayout layout, Svg svg, bool isUpright)
    {
        (_section, _layout, _svg, _isUpright) = (section, layout, svg, isUpright);
        int outputs = layout.Outputs.Count;
        if (isUpright)
        {
            _pitch = Math.Clamp(560.0 / layout.ColumnCount, 5, 16);
            _slot = Math.Max(22, Math.Min(110, 250.0 / outputs));
            (_before, _after, _edge) = (34, HasNarrowSlots ? 110 : 44, 72);
        }
        else
        {
            _pitch = Math.Clamp(800.0 / layout.ColumnCount, 5, 36);
            _slot = outputs switch
            {
                1 => 110,
                2 => 84,
                3 => 68,
                _ => 54,
            };
            (_before, _after, _edge) = (74, 36 + Math.Min(200, layout.Outputs.Max(name => Lettering.Measure(LabelOf(name), TextSize + 1))), 50);
        }

        _largestBar = Math.Max(SmallestBar, _slot - 2 * ArcHeight - 8);
        _places = PlaceColumns();
        double[] channels = [.. layout.Bars.Where(HasPixels).Select(bar => (double)bar.Channels).DefaultIfEmpty(1)];
        _channels = (channels.Min(), channels.Max());
        _rails = PlaceRails();
    }

    /// <summary>Whether names of outputs find no room side by side in an upright drawing.</summary>
    private bool HasNarrowSlots => _slot < 34;

    private double PipeBreadth => _largestBar + 8;

    private double LaneEnd => _edge + _slot * _layout.Outputs.Count;

    private double Length => Behind(_layout.ColumnCount - 1) + _after;

    private double LegendStep => _isUpright ? 56 : 60;

    private double LegendStart => Before(1) + Lettering.Measure(LegendText, SmallSize) + 8;

    private string LegendText => _isUpright ? "feature spaces: variance that stays unexplained" : "variance of its features that stays unexplained";

    private double RailStart => LaneEnd + (_isUpright ? 8 : 22);

    private double RailEnd => RailStart + RailHeight * (_rails.Count == 0 ? 0 : 1 + _rails.Max(rail => rail.Row));

    /// <summary>Whether a network can be drawn.</summary>
    public static bool CanDraw(Network network) =>
        network.Nodes.Count(node => node.Layer.HasWeights) is > 0 and <= MostLayers && network.Heads.Count <= MostOutputs;

    /// <summary>What the drawing shows, as a sentence.</summary>
    public static string Describe(MergeSection section)
    {
        NetworkLayout layout = NetworkLayout.Of(section.Network, section.Report?.Members ?? []);
        int shared = layout.Bars.Where(bar => bar.Lane.IsTrunk).Select(bar => bar.Column).Distinct().Count();
        int[] own = [.. layout.Outputs.Select(layout.CountOwnLayers)];
        if (layout.Outputs.Count == 1)
            return $"A network of {Count(shared, "layer")} with one output.";
        string tasks = $"{layout.Outputs.Count} tasks";
        if (shared == 0)
            return $"{tasks} share nothing: their networks stand side by side, with {Range(own)} each.";
        string whose = layout.HasPartlyShared ? ", some of which it shares with another" : " of its own";
        return own.Max() == 0
            ? $"{tasks} share all {Count(shared, "layer")}, heads included."
            : $"{tasks} share {Count(shared, "layer")}; behind the cut, each has {Range(own)}{whose}.";
    }

    /// <summary>Draws the network of a section.</summary>
    /// <param name="section">The network, and what was merged in it.</param>
    /// <param name="markup">Receives the drawing.</param>
    /// <param name="isUpright">Whether the image enters at the top, for narrow screens, instead of at the left.</param>
    /// <param name="isFile">Whether the drawing is a file of its own.</param>
    public static void Draw(MergeSection section, MarkupWriter markup, bool isUpright, bool isFile = false)
    {
        NetworkLayout layout = NetworkLayout.Of(section.Network, section.Report?.Members ?? []);
        new NetworkDrawing(section, layout, new Svg(markup), isUpright).Draw(isFile);
    }

    /// <summary>Vectors are much longer than feature maps have channels: only those are compared.</summary>
    private bool HasPixels(NetworkLayout.Bar bar) => _section.Network.ShapeOf(bar.Node).Length == 3;

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static string Range(int[] counts) => counts.Min() == counts.Max() ? Count(counts[0], "layer") : $"{counts.Min()} to {counts.Max()} layers";

    private void Draw(bool isFile)
    {
        double legend = _rails.Count == 0 ? 0 : _isUpright ? 44 : 30;
        double across = _isUpright ? RailEnd + 6 : RailEnd + 8 + legend;
        double along = _isUpright ? Length + legend : Math.Max(Length, _rails.Count == 0 ? 0 : LegendStart + LegendStep * StyleSheet.HeatLimits.Length);
        (double width, double height) = _isUpright ? (Math.Max(across, 340), along) : (along, across);
        using (_svg.Open(width, height, "The network", Describe(_section), "network", isFile))
        {
            DrawResolutions();
            DrawCut();
            DrawJoints();
            foreach (NetworkLayout.Run run in _layout.Runs.Where(run => run.Last > 0))
                DrawRun(run);
            foreach (NetworkLayout.Arc arc in _layout.Arcs)
                DrawArc(arc);
            foreach (NetworkLayout.Bar bar in _layout.Bars)
                DrawBar(bar);
            DrawImage();
            DrawOutputs();
            DrawRails();
            if (_rails.Count > 0)
                DrawLegend(_isUpright ? Length + 16 : RailEnd + 24);
        }
    }

    /// <summary>Columns stand further apart where lanes part or meet.</summary>
    private double[] PlaceColumns()
    {
        var gaps = new Dictionary<int, double>();
        foreach ((NetworkLayout.Run from, _) in _layout.Joints)
            gaps[from.Last] = (from.Last, _isUpright) switch { (0, true) => 14, (0, false) => 28, (_, true) => 34, _ => 56 };
        gaps.TryAdd(0, _isUpright ? 14 : 28);
        var places = new double[_layout.ColumnCount];
        double place = _before;
        for (int column = 0; column < places.Length; column++)
        {
            places[column] = place;
            place += _pitch + gaps.GetValueOrDefault(column);
        }

        return places;
    }

    private double Middle(int column) => _places[column];

    private double Before(int column) => Middle(column) - _pitch / 2;

    private double Behind(int column) => Middle(column) + _pitch / 2;

    private double Middle(NetworkLayout.Lane lane) => _edge + _slot * lane.Middle;

    private string Place(double along, double across) => _isUpright ? Svg.At(across, along) : Svg.At(along, across);

    private void Box(double along, double across, double length, double breadth, string style, double radius = 0, string? tip = null)
    {
        if (_isUpright)
            _svg.Rectangle(across, along, breadth, length, style, radius, tip);
        else
            _svg.Rectangle(along, across, length, breadth, style, radius, tip);
    }

    private void Stroke(double along1, double across1, double along2, double across2, string style)
    {
        if (_isUpright)
            _svg.Line(across1, along1, across2, along2, style);
        else
            _svg.Line(along1, across1, along2, across2, style);
    }

    private string LabelOf(string output) =>
        _section.Classes.TryGetValue(output, out int classes) ? $"{output} · {(classes == 1 ? "1 class" : $"{classes} classes")}" : output;

    private static string ColorOf(NetworkLayout.Lane lane) => lane.Owner is { } owner ? $"task{owner % StyleSheet.TaskColors}" : "shared";

    /// <summary>Height and width of the values, above the columns.</summary>
    private void DrawResolutions()
    {
        foreach (NetworkLayout.Resolution resolution in _layout.Resolutions.Where(resolution => resolution.Size.Length > 0))
        {
            double start = Before(resolution.First) + 1.5, end = Behind(resolution.Last) - 1.5;
            int least = resolution.Channels.Min, most = resolution.Channels.Max;
            string channels = least == most ? $"{most}" : $"{least}–{most}";
            string tip = $"{resolution.Size} pixels, {channels} channels";
            if (_isUpright)
            {
                Box(start, 0, end - start, 3, "scale", 1.5, tip);
                bool hasTwoLines = end - start > 2.4 * SmallSize;
                string unit = Lettering.Measure($"{channels} ch", SmallSize) < _edge - 16 ? " ch" : "";
                if (end - start > SmallSize - 2)
                    _svg.Text(7, Math.Max(start + SmallSize - 1, (start + end) / 2 - (hasTwoLines ? 2 : -4)), resolution.Size, "note", tip: tip);
                if (hasTwoLines)
                    _svg.Text(7, (start + end) / 2 + SmallSize, channels + unit, "faint");
                continue;
            }

            Box(start, 20, end - start, 3, "scale", 1.5, tip);
            string text = $"{resolution.Size} · {channels}";
            if (Lettering.Measure(text, SmallSize) <= end - start)
                _svg.Text((start + end) / 2, 14, text, "note", "middle", tip: tip);
            else if (Lettering.Measure(resolution.Size, SmallSize) <= end - start + 3)
                _svg.Text((start + end) / 2, 14, resolution.Size, "note", "middle", tip: tip);
        }
    }

    private void DrawCut()
    {
        int last = _layout.LastShared;
        if (_layout.Outputs.Count < 2 || last == 0)
            return;
        double place = last + 1 < _layout.ColumnCount ? (Behind(last) + Before(last + 1)) / 2 : Behind(last);
        int[] own = [.. _layout.Outputs.Select(_layout.CountOwnLayers)];
        int shared = _layout.Bars.Where(bar => bar.Lane.IsTrunk).Select(bar => bar.Column).Distinct().Count();
        if (own.Max() == 0)
        {
            if (!_isUpright)
                _svg.Text((Middle(1) + place) / 2, 41, $"all {Count(shared, "layer")} shared", "strong", "middle");
            return;
        }

        Stroke(place, _isUpright ? _edge - 6 : 30, place, LaneEnd + (_isUpright ? 0 : 6), "cut");
        if (_isUpright)
        {
            _svg.Text(_edge - 10, place + 4, "cut", "strong", "end");
            return;
        }

        _svg.Text(place - 8, 41, $"{Count(shared, "layer")} shared", "strong", "end");
        _svg.Text(place + 8, 41, _layout.HasPartlyShared ? $"{Range(own)} for each task" : $"{Range(own)} of each task’s own", "strong");
    }

    /// <summary>Ribbons: the values of one piece, side by side in as many parts as take them, widen to the pieces behind.</summary>
    private void DrawJoints()
    {
        ILookup<NetworkLayout.Run, NetworkLayout.Run> targets = _layout.Joints.ToLookup(joint => joint.From, joint => joint.To);
        ILookup<NetworkLayout.Run, NetworkLayout.Run> sources = _layout.Joints.ToLookup(joint => joint.To, joint => joint.From);
        foreach ((NetworkLayout.Run from, NetworkLayout.Run to) in _layout.Joints.Where(joint => joint.From.Last < joint.To.First))
        {
            (double Middle, double Breadth) start = PartOf(from, to, targets[from]), end = PartOf(to, from, sources[to]);
            NetworkLayout.Lane own = to.Lane.Owner is null ? from.Lane : to.Lane;
            DrawRibbon(EndOf(from), start, Before(to.First) + 1, end, ColorOf(own));
        }

        foreach (NetworkLayout.Run run in _layout.Runs.Where(run => run.First == 0 && run.Last > 0))
            DrawRibbon(Middle(0) + 12, (Middle(run.Lane), ImageBreadth), Before(1) + 1, (Middle(run.Lane), PipeBreadth), ColorOf(run.Lane));
    }

    private double EndOf(NetworkLayout.Run run) => run.Last == 0 ? Middle(0) + 12 : Behind(run.Last) - 1;

    /// <summary>Where, across, the part of a piece lies that another one is joined to.</summary>
    private (double Middle, double Breadth) PartOf(NetworkLayout.Run run, NetworkLayout.Run other, IEnumerable<NetworkLayout.Run> others)
    {
        NetworkLayout.Run[] sorted = [.. others.OrderBy(one => one.Lane.Middle)];
        double breadth = (run.Last == 0 ? ImageBreadth : PipeBreadth) / sorted.Length;
        return (Middle(run.Lane) + (Array.IndexOf(sorted, other) + 0.5 - sorted.Length / 2.0) * breadth, breadth);
    }

    private void DrawRibbon(double start, (double Middle, double Breadth) from, double end, (double Middle, double Breadth) to, string color)
    {
        double half = (start + end) / 2;
        (double top1, double bottom1) = (from.Middle - from.Breadth / 2, from.Middle + from.Breadth / 2);
        (double top2, double bottom2) = (to.Middle - to.Breadth / 2, to.Middle + to.Breadth / 2);
        _svg.Path($"M{Place(start, top1)}C{Place(half, top1)} {Place(half, top2)} {Place(end, top2)}"
            + $"L{Place(end, bottom2)}C{Place(half, bottom2)} {Place(half, bottom1)} {Place(start, bottom1)}Z", $"pipe {color}");
    }

    private void DrawRun(NetworkLayout.Run run)
    {
        double start = Before(Math.Max(1, run.First)) + 1, end = Behind(run.Last) - 1;
        Box(start, Middle(run.Lane) - PipeBreadth / 2, end - start, PipeBreadth, $"pipe {ColorOf(run.Lane)}");
    }

    private void DrawArc(NetworkLayout.Arc arc)
    {
        double start = Before(arc.Start + 1), end = Behind(arc.End), foot = Middle(arc.Lane) - _largestBar / 2 - 4, top = foot - ArcHeight + 2;
        double bend = Math.Min(5, (end - start) / 3);
        _svg.Path($"M{Place(start, foot)}Q{Place(start, top)} {Place(start + bend, top)}L{Place(end - bend, top)}Q{Place(end, top)} {Place(end, foot)}",
            $"arc {ColorOf(arc.Lane)}");
    }

    private void DrawBar(NetworkLayout.Bar bar)
    {
        Node node = bar.Node;
        ReadOnlySpan<int> shape = _section.Network.ShapeOf(node);
        string tip = $"{node.Name}: {node.Layer.Kind}, {string.Join(" × ", shape.ToArray())}, "
            + $"{Format.Magnitude(NetworkCost.CountMultiplyAdds(_section.Network, node))} multiply-adds";
        double thickness = Math.Max(2.5, Math.Min(14, _pitch * 0.62));
        if (bar.Aside > 0)
        {
            double size = Math.Min(7, thickness);
            double top = Middle(bar.Lane) - _largestBar / 2 - 4 - ArcHeight + 2 - size / 2 - (bar.Aside - 1) * (size + 1);
            Box(Middle(bar.Column) - size / 2, top, size, size, $"bar {ColorOf(bar.Lane)}", 1.5, tip);
            return;
        }

        double range = Math.Log(_channels.Most / _channels.Least);
        double share = !HasPixels(bar) ? 1 : range > 0 ? Math.Log(bar.Channels / _channels.Least) / range : 0.5;
        double breadth = _largestBar * (0.45 + 0.55 * share);
        double along = Middle(bar.Column) - thickness / 2, across = Middle(bar.Lane) - breadth / 2;
        Box(along, across, thickness, breadth, $"bar {ColorOf(bar.Lane)}", Math.Min(3, thickness / 3), tip);
    }

    private void DrawImage()
    {
        double size = _isUpright ? 22 : 26, along = Middle(0) - size / 2 + 2, across = _edge + _slot * _layout.Outputs.Count / 2.0 - size / 2;
        (double x, double y) = _isUpright ? (across, along) : (along, across);
        string shape = string.Join(" × ", _section.Network.ShapeOf(_section.Network.Inputs[0]).ToArray());
        _svg.Rectangle(x, y, size, size, "photo", 4, $"image, {shape}");
        _svg.Path($"M{Svg.At(x + 3, y + size - 5)}L{Svg.At(x + size * 0.38, y + size * 0.45)}L{Svg.At(x + size * 0.6, y + size * 0.7)}"
            + $"L{Svg.At(x + size * 0.72, y + size * 0.58)}L{Svg.At(x + size - 3, y + size - 5)}Z", "hill");
        _svg.Circle(x + size * 0.7, y + size * 0.28, size * 0.09, "hill");
        if (_isUpright)
            _svg.Text(x + size + 6, y + size - 7, $"image, {shape}", "note");
        else
            _svg.Text(x + size / 2 - 6, y + size + 14, shape, "note", "middle");
    }

    private void DrawOutputs()
    {
        double end = Behind(_layout.ColumnCount - 1), tip = _isUpright ? 14 : 20;
        for (int i = 0; i < _layout.Outputs.Count; i++)
        {
            string output = _layout.Outputs[i], label = LabelOf(output);
            NetworkLayout.Run run = _layout.RunOf(output);
            double across = _edge + _slot * (i + 0.5);
            string color = _layout.Outputs.Count == 1 ? "shared" : $"task{i % StyleSheet.TaskColors}";
            (double Middle, double Breadth) part = (Middle(run.Lane), PipeBreadth);
            if (run.Lane.Owner is null)
            {
                int[] places = [.. Enumerable.Range(0, _layout.Outputs.Count).Where(other => _layout.RunOf(_layout.Outputs[other]) == run)];
                double breadth = PipeBreadth / places.Length;
                part = (Middle(run.Lane) + (Array.IndexOf(places, i) + 0.5 - places.Length / 2.0) * breadth, breadth);
            }

            DrawRibbon(EndOf(run), part, end + tip, (across, 6), color);
            if (_isUpright)
            {
                _svg.Circle(across, end + tip, 5, $"dot {color}", label);
                if (HasNarrowSlots)
                    _svg.Text(across - 4, end + tip + 10, Lettering.Fit(output, TextSize, _after - tip - 14), "strong", turn: 90, tip: label);
                else
                    _svg.Text(across, end + tip + 18, Lettering.Fit(output, TextSize, _slot - 4), "strong", "middle", tip: label);
            }
            else
            {
                _svg.Circle(end + tip, across, 5, $"dot {color}", label);
                _svg.Text(end + tip + 11, across + 4, Lettering.Fit(label, TextSize + 1, _after - tip - 12), "output", tip: label);
            }
        }
    }

    /// <summary>Spaces in rows, so that none lies over another.</summary>
    private List<Rail> PlaceRails()
    {
        var rails = new List<Rail>();
        if (_section.Report is not { } report)
            return rails;
        FeatureSpaces spaces = FeatureSpaces.Find(_section.Network);
        var ends = new List<int>();
        foreach (SpaceReport own in report.Spaces.Where(own => _section.Network.Contains(own.Name)))
        {
            ReadOnlySpan<ChannelSegment> layout = spaces.LayoutOf(_section.Network[own.Name]);
            if (layout.Length != 1 || spaces[layout[0].Space] is not { } space || _layout.ColumnsOf(space) is not { Count: > 0 } columns)
                continue;
            int row = ends.FindIndex(end => end < columns[0]);
            if (row < 0)
            {
                row = ends.Count;
                ends.Add(0);
            }

            ends[row] = columns[^1];
            rails.Add(new Rail(own, columns, row));
        }

        return rails;
    }

    private void DrawRails()
    {
        if (_rails.Count > 0 && !_isUpright)
        {
            _svg.Text(Middle(0) - 34, RailStart + 5, "feature", "faint");
            _svg.Text(Middle(0) - 34, RailStart + 17, "spaces", "faint");
        }

        foreach ((SpaceReport report, IReadOnlyList<int> columns, int row) in _rails)
        {
            double across = RailStart + RailHeight * row + RailHeight / 2, radius = Math.Min(4, _pitch / 2.4);
            string heat = $"heat{StyleSheet.HeatOf(report.Unexplained)}";
            string tip = $"{report.Name}: {report.Width} merged features, {string.Join(" and ", report.MergesWithin)} merges within, "
                + $"{report.MergesAcross} between; {Format.Percent(report.Unexplained)} unexplained";
            if (columns.Count > 1)
                Box(Middle(columns[0]), across - 1.5, Middle(columns[^1]) - Middle(columns[0]), 3, heat, 1.5, tip);
            foreach (int column in columns)
                _svg.Circle(_isUpright ? across : Middle(column), _isUpright ? Middle(column) : across, radius, heat, tip);
        }
    }

    private void DrawLegend(double y)
    {
        double x = _isUpright ? 7 : Before(1);
        if (_isUpright)
        {
            _svg.Text(x, y - 2, LegendText, "faint");
            y += 17;
        }
        else
        {
            _svg.Text(x, y, LegendText, "faint");
            x = LegendStart;
        }

        for (int i = 0; i < StyleSheet.HeatLimits.Length; i++)
        {
            string limit = i < StyleSheet.HeatLimits.Length - 1
                ? $"< {100 * StyleSheet.HeatLimits[i]:0} %"
                : $"≥ {100 * StyleSheet.HeatLimits[i - 1]:0} %";
            _svg.Circle(x + 4, y - 4, 4, $"heat{i}");
            _svg.Text(x + 11, y, limit, "faint");
            x += LegendStep;
        }
    }

    /// <summary>A feature space below the lanes.</summary>
    /// <param name="Report">What was merged in it.</param>
    /// <param name="Columns">The columns where it is written.</param>
    /// <param name="Row">Its row among those that lie side by side.</param>
    private sealed record Rail(SpaceReport Report, IReadOnlyList<int> Columns, int Row);
}
