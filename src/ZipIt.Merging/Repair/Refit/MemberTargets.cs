using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// What the layers of a zipped network should give at the sampled pixels, from what the members give there. Members do not change while the zipped network is
/// refitted: one pass over the images samples as many of the next units as fit the budget, and no member's features are kept.
/// </summary>
internal sealed class MemberTargets
{
    private const long RunBytes = 128L << 20; // values of the sampled nodes that one run may hold

    private readonly MergedNetwork _merged;
    private readonly IReadOnlyList<ZipMember> _members;
    private readonly CalibrationImages _images;
    private readonly ZipOptions _options;
    private readonly FloatPool _pool;
    private readonly CancellationToken _cancellationToken;
    private readonly long _budget;
    private readonly MemberSamples? _samples;
    private readonly Unit[] _units;
    private readonly List<Node>[] _outputs; // of each member, that are wanted whole
    private readonly Dictionary<Node, float[]> _outputValues = [];
    private int _next;

    /// <summary>Prepares the targets of some units.</summary>
    /// <param name="merged">The zipped network.</param>
    /// <param name="members">Its members.</param>
    /// <param name="images">Calibration images.</param>
    /// <param name="units">Units and the layout of their samples, in the order in which they will be asked for.</param>
    /// <param name="outputs">Outputs of members that are wanted for all images, once the zipped network's outputs are reached.</param>
    /// <param name="options">Engine and threads.</param>
    /// <param name="budget">Memory for targets in bytes; one unit's are kept in any case.</param>
    /// <param name="pool">Memory for targets.</param>
    /// <param name="samples">What was sampled before; null for nothing.</param>
    /// <param name="cancellationToken">Ends a pass between two batches.</param>
    public MemberTargets(
        MergedNetwork merged, IReadOnlyList<ZipMember> members, CalibrationImages images, IEnumerable<(RefitUnit Unit, SampleLayout Layout, ImageSample? Maps)> units,
        IEnumerable<(int Member, Node Node)> outputs, ZipOptions options, long budget, FloatPool pool, MemberSamples? samples, CancellationToken cancellationToken)
    {
        (_merged, _members, _images, _options, _budget, _pool, _samples, _cancellationToken) = (merged, members, images, options, budget, pool, samples, cancellationToken);
        _units = [.. units.Select(entry => new Unit(entry.Unit, entry.Layout, entry.Maps, new TargetRows(merged.Origins[entry.Unit.Target])))];
        _outputs = [.. members.Select((_, m) => outputs.Where(output => output.Member == m).Select(output => output.Node).Distinct().ToList())];
    }

    /// <summary>Memory that targets take, in bytes.</summary>
    public long KeptBytes => _units.Sum(unit => unit.Values is null ? 0 : unit.Bytes) + (_samples?.Bytes ?? 0);

    /// <summary>A unit's targets in one batch [images · samples, channels]: of its images that errors are measured on, or of the others.</summary>
    public float[] Get(RefitUnit unit, int batch, bool isHeldOut)
    {
        Unit own = _units.First(entry => ReferenceEquals(entry.Of, unit));
        Sample(unit);
        return own.Values![batch][isHeldOut ? 1 : 0];
    }

    /// <summary>Computes a unit's targets if they are not there yet.</summary>
    public void Sample(RefitUnit unit)
    {
        Unit own = _units.First(entry => ReferenceEquals(entry.Of, unit));
        if (own.Values is null)
            Sample(own);
    }

    /// <summary>A unit's targets at all pixels of the images that were asked for [images, pixels, channels].</summary>
    public float[] GetMaps(RefitUnit unit) => _units.First(entry => ReferenceEquals(entry.Of, unit)).Maps;

    /// <summary>Gives a unit's memory back.</summary>
    public void Release(RefitUnit unit)
    {
        foreach (Unit own in _units.Where(entry => ReferenceEquals(entry.Of, unit) && entry.Values is not null))
        {
            foreach (float[] values in own.Values!.SelectMany(values => values))
                _pool.Return(values);
            _pool.Return(own.Maps);
            (own.Values, own.Maps) = (null, []);
        }
    }

    /// <summary>A wanted output of a member for all images [images, length]; known once targets of the zipped network's outputs are.</summary>
    public float[] GetOutput(Node node) => _outputValues[node];

    /// <summary>Samples a unit and, if the members have to run for it, the next ones that fit the budget.</summary>
    private void Sample(Unit first)
    {
        if (_samples is not null && IsSampled(first) && _outputs.SelectMany((nodes, m) => nodes.Select(node => (m, node))).All(IsOutputSampled))
        {
            Allocate(first);
            TakeSamples(first);
            return;
        }

        _next = Math.Max(_next, Array.IndexOf(_units, first));
        long left = _budget - KeptBytes;
        var units = new List<Unit>();
        for (; _next < _units.Length && (units.Count == 0 || left >= _units[_next].Bytes); _next++)
        {
            left -= _units[_next].Bytes;
            units.Add(_units[_next]);
        }

        units.ForEach(Allocate);
        bool wantsOutputs = units.Exists(IsOutput);
        for (int m = 0; m < _members.Count; m++)
            Sample(m, units, wantsOutputs ? _outputs[m] : []);
    }

    private bool IsOutput(Unit unit) => _merged.Network.Heads.Any(head => ReferenceEquals(head.Node, unit.Of.Target));

    private bool IsSampled(Unit unit) => unit.Targets.Sources.All(source => _samples!.TryGet(source.Member, source.Node, unit.Layout, unit.MapImages) is not null);

    private bool IsOutputSampled((int Member, Node Node) output) => _outputValues.ContainsKey(output.Node)
        || Array.Exists(_units, unit => unit.Layout.PerImage == 1 && unit.Layout.Area == 1 && _samples!.TryGet(output.Member, output.Node, unit.Layout, unit.MapImages) is not null);

    private void Allocate(Unit unit)
    {
        unit.Values = [.. Enumerable.Range(0, _images.Sizes.Count).Select(batch => (float[][])[Rent(unit, batch, false), Rent(unit, batch, true)])];
        if (unit.MapImages is not { } images)
            return;
        unit.Maps = _pool.Rent(images.Count * unit.Layout.Area * unit.Layout.Channels);
        Array.Clear(unit.Maps);
    }

    /// <summary>Makes a unit's targets of what was sampled before.</summary>
    private void TakeSamples(Unit unit)
    {
        SampleLayout layout = unit.Layout;
        if (IsOutput(unit))
        {
            // Outputs of all members go on being needed when the first of them has been fitted.
            foreach ((Node node, int m) in _outputs.SelectMany((nodes, m) => nodes.Select(node => (node, m))).Where(output => !_outputValues.ContainsKey(output.node)))
                _outputValues.Add(node, _samples!.TryGet(m, node, layout, unit.MapImages)!.Value.Sampled);
        }

        for (int s = 0; s < unit.Targets.Sources.Count; s++)
        {
            NodeOrigin.Source source = unit.Targets.Sources[s];
            (float[] sampled, float[] maps) = _samples!.TryGet(source.Member, source.Node, layout, unit.MapImages)!.Value;
            int channels = _members[source.Member].Network.ShapeOf(source.Node)[0], index = s;
            for (int batch = 0; batch < _images.Sizes.Count; batch++)
            {
                int first = _images.FirstOf(batch);
                foreach (bool isHeldOut in (bool[])[false, true])
                {
                    int[] chosen = _images.Select(batch, isHeldOut);
                    float[] values = unit.Values![batch][isHeldOut ? 1 : 0];
                    WorkerTeam.For(_options.Threads, chosen.Length, (c, _) =>
                        AddRows(unit, index, sampled.AsSpan((first + chosen[c]) * layout.PerImage * channels), values.AsSpan(c * layout.PerImage * layout.Channels, layout.PerImage * layout.Channels), channels));
                }
            }

            int images = unit.MapImages?.Count ?? 0, mapLength = layout.Area * layout.Channels;
            WorkerTeam.For(_options.Threads, images, (image, _) => AddRows(unit, index, maps.AsSpan(image * layout.Area * channels), unit.Maps.AsSpan(image * mapLength, mapLength), channels));
            _samples.Release(source.Member, source.Node);
        }
    }

    private static void AddRows(Unit unit, int source, ReadOnlySpan<float> values, Span<float> targets, int channels)
    {
        for (; targets.Length > 0; values = values[channels..], targets = targets[unit.Layout.Channels..])
            unit.Targets.Add(source, values[..channels], targets[..unit.Layout.Channels]);
    }

    private float[] Rent(Unit unit, int batch, bool isHeldOut)
    {
        float[] values = _pool.Rent(_images.Select(batch, isHeldOut).Length * unit.Layout.PerImage * unit.Layout.Channels);
        Array.Clear(values);
        return values;
    }

    /// <summary>Runs one member and adds its part to the targets.</summary>
    private void Sample(int member, List<Unit> units, List<Node> outputs)
    {
        (Unit Unit, int Source)[] sampled = [.. units.SelectMany(unit => Enumerable.Range(0, unit.Targets.Sources.Count)
            .Where(s => unit.Targets.Sources[s].Member == member).Select(s => (unit, s)))];
        Node[] wanted = [.. sampled.Select(entry => entry.Unit.Targets.Sources[entry.Source].Node).Concat(outputs).Distinct()];
        if (wanted.Length == 0)
            return;
        Network own = _members[member].Network;
        int[] imageShape = own.ShapeOf(own.Inputs[0]).ToArray();
        (Network network, _) = SubNetwork.Extract(wanted, node => node.Layer is Input ? imageShape : null);
        int[] lengths = [.. wanted.Select(node => own.ShapeOf(node).ToArray().Aggregate(1, (product, extent) => product * extent))];
        int largest = _images.Sizes.Max();
        int runs = (int)Math.Clamp((lengths.Sum(length => (long)length) * sizeof(float) * largest + RunBytes - 1) / RunBytes, 1, largest);
        int runSize = (largest + runs - 1) / runs;
        using INetworkSession session = _options.Engine.CreateSession(network, new SessionOptions { MaximumBatchSize = runSize, Threads = _options.Threads, ChannelsLastInputs = true });
        foreach (Node output in outputs)
            _outputValues[output] = new float[_images.Count * lengths[Array.IndexOf(wanted, output)]];
        int batch = 0;
        foreach (ReadOnlyMemory<float> pixels in _images.ReadBatches())
        {
            _cancellationToken.ThrowIfCancellationRequested();
            int count = _images.Sizes[batch];
            for (int first = 0; first < count; first += runSize)
            {
                int run = Math.Min(runSize, count - first);
                session.Run(pixels.Span.Slice(first * _images.Length, run * _images.Length), run);
                foreach ((Unit unit, int source) in sampled)
                    Add(unit, source, batch, first, run, session.GetOutput(Array.IndexOf(wanted, unit.Targets.Sources[source].Node)));
                foreach (Node output in outputs)
                {
                    int head = Array.IndexOf(wanted, output);
                    session.GetOutput(head).CopyTo(_outputValues[output].AsSpan((_images.FirstOf(batch) + first) * lengths[head]));
                }
            }

            batch++;
        }
    }

    /// <summary>Adds what one node of a member gives for some images of a batch to a unit's targets.</summary>
    private unsafe void Add(Unit unit, int source, int batch, int first, int count, ReadOnlySpan<float> values)
    {
        SampleLayout layout = unit.Layout;
        int channels = values.Length / (count * layout.Area);
        fixed (float* pinned = values)
        {
            float* node = pinned;
            WorkerTeam.For(_options.Threads, count, (i, _) =>
            {
                int image = _images.FirstOf(batch) + first + i;
                (bool isHeldOut, int place) = _images.PlaceOf(batch, first + i);
                Span<float> targets = unit.Values![batch][isHeldOut ? 1 : 0].AsSpan(place * layout.PerImage * layout.Channels, layout.PerImage * layout.Channels);
                foreach (int pixel in layout.PixelsOf(image))
                {
                    unit.Targets.Add(source, new ReadOnlySpan<float>(node + ((nint)i * layout.Area + pixel) * channels, channels), targets[..layout.Channels]);
                    targets = targets[layout.Channels..];
                }

                int mapPlace = unit.MapImages?.PlaceOf(image) ?? -1;
                for (int pixel = 0; mapPlace >= 0 && pixel < layout.Area; pixel++)
                {
                    Span<float> whole = unit.Maps.AsSpan((mapPlace * layout.Area + pixel) * layout.Channels, layout.Channels);
                    unit.Targets.Add(source, new ReadOnlySpan<float>(node + ((nint)i * layout.Area + pixel) * channels, channels), whole);
                }
            });
        }
    }

    private sealed record Unit(RefitUnit Of, SampleLayout Layout, ImageSample? MapImages, TargetRows Targets)
    {
        /// <summary>By batch, then of images that are fitted to and of those that errors are measured on; null as long as they are not sampled, and when they are not needed any more.</summary>
        public float[][][]? Values { get; set; }

        /// <summary>Targets at all pixels of some images [images, pixels, channels], if they are wanted.</summary>
        public float[] Maps { get; set; } = [];

        public long Bytes => (Layout.Rows + (long)(MapImages?.Count ?? 0) * Layout.Area) * Layout.Channels * sizeof(float);
    }
}
