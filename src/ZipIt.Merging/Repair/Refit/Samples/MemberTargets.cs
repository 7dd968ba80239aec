using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// What the layers of a zipped network should give at the sampled pixels, from what the members give there. Members do not change while the zipped network is
/// refitted: one pass over the images samples as many of the next units as fit the budget, and no member's features are kept. Where there are very many
/// targets they are rounded to three digits (<see cref="RoundedValues"/>), so that more of them fit: what is left of a value of one pixel is more precise than
/// the zipped network can ever be there.
/// </summary>
internal sealed class MemberTargets
{
    [ThreadStatic]
    private static float[]? _rounded;

    private readonly RefitContext _context;
    private readonly MergedNetwork _merged;
    private readonly IReadOnlyList<ZipMember> _members;
    private readonly MemberSamples? _samples;
    private readonly UnitTargets[] _units;
    private readonly Dictionary<RefitUnit, UnitTargets> _targetsOf;
    private readonly List<Node>[] _outputs; // of each member, that are wanted whole
    private readonly Dictionary<Node, float[]> _outputValues = [];
    private int _next;

    /// <summary>Prepares the targets of some units.</summary>
    /// <param name="context">Images, engine and memory; one unit's targets are kept in any case.</param>
    /// <param name="plan">The units, in the order in which they will be asked for.</param>
    /// <param name="members">The members.</param>
    /// <param name="outputs">Outputs of members that are wanted for all images, once the zipped network's outputs are reached.</param>
    /// <param name="samples">What was sampled before; null for nothing.</param>
    public MemberTargets(
        RefitContext context, RefitPlan plan, IReadOnlyList<ZipMember> members, IReadOnlyList<(int Member, Node Node)> outputs, MemberSamples? samples)
    {
        (_context, _merged, _members, _samples) = (context, plan.Merged, members, samples);
        _units = [.. plan.Units.Select(unit => new UnitTargets(
            unit, plan.LayoutOf(unit), plan.MapImagesOf(unit), new MergedTarget(_merged.Origins[unit.Target]), plan.TargetsOf(unit),
            plan.RoundsTargetsOf(unit)))];
        _targetsOf = _units.ToDictionary(targets => targets.Unit);
        _outputs = [.. members.Select((_, m) => outputs.Where(output => output.Member == m).Select(output => output.Node).Distinct().ToList())];
    }

    /// <summary>Memory that targets take, in bytes.</summary>
    public long KeptBytes => _units.Sum(targets => targets.Values is null ? 0 : targets.Bytes) + (_samples?.KeptBytes ?? 0);

    /// <summary>A unit's targets in some of the images that errors are measured on, or of the others.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="isHeldOut">Which images.</param>
    /// <param name="first">The first one's place among them.</param>
    /// <param name="values">Receives the targets of as many images as it has room for [images · samples, channels].</param>
    public void CopyTo(RefitUnit unit, bool isHeldOut, int first, Span<float> values)
    {
        Sample(unit);
        UnitTargets targets = _targetsOf[unit];
        targets.Values![isHeldOut ? 1 : 0].CopyTo(first * targets.ImageLength, values);
    }

    /// <summary>Computes a unit's targets if they are not there yet.</summary>
    public void Sample(RefitUnit unit)
    {
        UnitTargets targets = _targetsOf[unit];
        if (targets.Values is null)
            Sample(targets);
    }

    /// <summary>
    /// Takes a unit's targets at all pixels of the images that were asked for [images, pixels, channels], once; the caller returns them to the pool.
    /// </summary>
    public AlignedBuffer TakeMaps(RefitUnit unit)
    {
        UnitTargets targets = _targetsOf[unit];
        TargetValues maps = targets.Maps!;
        AlignedBuffer values = _context.Pool.Rent(maps.Length);
        maps.CopyTo(0, values.Span);
        maps.Dispose();
        targets.Maps = null;
        return values;
    }

    /// <summary>Gives a unit's memory back.</summary>
    public void Release(RefitUnit unit)
    {
        UnitTargets targets = _targetsOf[unit];
        foreach (TargetValues values in targets.Values ?? [])
            values.Dispose();
        targets.Maps?.Dispose();
        (targets.Values, targets.Maps) = (null, null);
    }

    /// <summary>A wanted output of a member for all images [images, length]; known once targets of the zipped network's outputs are.</summary>
    public float[] GetOutput(Node node) => _outputValues[node];

    /// <summary>Samples a unit and, if the members have to run for it, the next ones that fit the budget.</summary>
    private void Sample(UnitTargets first)
    {
        if (_samples is not null && IsSampled(first) && _outputs.SelectMany((nodes, m) => nodes.Select(node => (m, node))).All(IsOutputSampled))
        {
            Allocate(first);
            TakeSamples(first);
            return;
        }

        _next = Math.Max(_next, Array.IndexOf(_units, first));
        long left = _context.Budget.Targets(_context.Images.KeptBytes) - KeptBytes;
        var units = new List<UnitTargets>();
        for (; _next < _units.Length && (units.Count == 0 || left >= _units[_next].Bytes); _next++)
        {
            left -= _units[_next].Bytes;
            units.Add(_units[_next]);
        }

        units.ForEach(Allocate);
        bool wantsOutputs = units.Exists(IsOutput);
        for (int m = 0; m < _members.Count; m++)
            RunMember(m, units, wantsOutputs ? _outputs[m] : []);
    }

    private bool IsOutput(UnitTargets targets) => _merged.Network.Heads.Any(head => ReferenceEquals(head.Node, targets.Unit.Target));

    private bool IsSampled(UnitTargets targets) =>
        targets.Target.Sources.All(source => _samples!.TryGet(source.Member, source.Node, targets.Layout, targets.MapImages) is not null);

    private bool IsOutputSampled((int Member, Node Node) output) => _outputValues.ContainsKey(output.Node)
        || Array.Exists(_units, targets => targets.Layout is { PerImage: 1, Area: 1 }
            && _samples!.TryGet(output.Member, output.Node, targets.Layout, targets.MapImages) is not null);

    private void Allocate(UnitTargets targets)
    {
        targets.Values = [ValuesOf(false), ValuesOf(true)];
        if (targets.MapImages is { } images)
            targets.Maps = NewValues(checked(images.Count * targets.MapLength));

        TargetValues ValuesOf(bool isHeldOut) => NewValues(checked(_context.Images.CountOf(isHeldOut, targets.Layout.Every) * targets.ImageLength));

        TargetValues NewValues(int length) => new(length, targets.IsRounded, _context.Pool);
    }

    /// <summary>Makes a unit's targets of what was sampled before.</summary>
    private void TakeSamples(UnitTargets targets)
    {
        if (IsOutput(targets))
        {
            // Outputs of all members go on being needed when the first of them has been fitted.
            foreach ((Node node, int m) in _outputs.SelectMany((nodes, m) => nodes.Select(node => (node, m)))
                .Where(output => !_outputValues.ContainsKey(output.node)))
                _outputValues.Add(node, ReadOutput(m, node, targets));
        }

        CalibrationImages images = _context.Images;
        for (int s = 0; s < targets.Target.Sources.Count; s++)
        {
            NodeOrigin.Source source = targets.Target.Sources[s];
            MemberSample sample = _samples!.TryGet(source.Member, source.Node, targets.Layout, targets.MapImages)!;
            int index = s;
            WorkerTeam.For(_context.Threads, images.Count, (image, _) =>
            {
                if (targets.PlaceOf(images, image) is var (values, start))
                    AddPixels(targets, index, sample.Read(image), sample.Channels, values, start);
            });
            WorkerTeam.For(_context.Threads, targets.MapImages?.Count ?? 0, (place, _) =>
                AddPixels(targets, index, sample.ReadMap(place), sample.Channels, targets.Maps!, place * targets.MapLength));
            _samples.Release(source.Member, source.Node);
        }
    }

    /// <summary>A member's output for all images, from what was sampled before.</summary>
    private float[] ReadOutput(int member, Node node, UnitTargets targets)
    {
        MemberSample sample = _samples!.TryGet(member, node, targets.Layout, targets.MapImages)!;
        return [.. Enumerable.Range(0, _context.Images.Count).SelectMany(image => sample.Read(image).ToArray())];
    }

    /// <summary>Runs one member and adds its part to the targets.</summary>
    private void RunMember(int member, List<UnitTargets> units, List<Node> outputs)
    {
        (UnitTargets Targets, int Source)[] sampled = [.. units.SelectMany(targets => Enumerable.Range(0, targets.Target.Sources.Count)
            .Where(s => targets.Target.Sources[s].Member == member).Select(s => (targets, s)))];
        Node[] wanted = [.. sampled.Select(entry => entry.Targets.Target.Sources[entry.Source].Node).Concat(outputs).Distinct()];
        if (wanted.Length == 0)
            return;
        CalibrationImages images = _context.Images;
        Network own = _members[member].Network;
        int[] imageShape = own.ShapeOf(own.Inputs[0]).ToArray();
        (Network network, _) = SubNetwork.Extract(wanted, node => node.Layer is Input ? imageShape : null);
        int[] lengths = [.. wanted.Select(node => own.ShapeOf(node).ToArray().Aggregate(1, (product, extent) => product * extent))];
        int largest = images.Sizes.Max();
        int runs = (int)Math.Clamp((lengths.Sum(length => (long)length) * sizeof(float) * largest + RefitBudget.MemberRun - 1) / RefitBudget.MemberRun, 1,
            largest);
        int runSize = (largest + runs - 1) / runs;
        using INetworkSession session = _context.CreateSession(network, runSize);
        foreach (Node output in outputs)
            _outputValues[output] = new float[images.Count * lengths[Array.IndexOf(wanted, output)]];
        int batch = 0;
        foreach (ReadOnlyMemory<float> pixels in images.ReadBatches())
        {
            _context.CancellationToken.ThrowIfCancellationRequested();
            int count = images.Sizes[batch];
            for (int first = 0; first < count; first += runSize)
            {
                int run = Math.Min(runSize, count - first);
                session.Run(pixels.Span.Slice(first * images.Length, run * images.Length), run);
                foreach ((UnitTargets targets, int source) in sampled)
                    Add(targets, source, batch, first, run, session.GetOutput(Array.IndexOf(wanted, targets.Target.Sources[source].Node)));
                foreach (Node output in outputs)
                {
                    int head = Array.IndexOf(wanted, output);
                    session.GetOutput(head).CopyTo(_outputValues[output].AsSpan((images.FirstOf(batch) + first) * lengths[head]));
                }
            }

            batch++;
        }
    }

    /// <summary>Adds what one node of a member gives for some images of a batch to a unit's targets.</summary>
    private unsafe void Add(UnitTargets targets, int source, int batch, int first, int count, ReadOnlySpan<float> values)
    {
        SampleLayout layout = targets.Layout;
        int channels = values.Length / (count * layout.Area);
        fixed (float* pinned = values)
        {
            float* node = pinned;
            WorkerTeam.For(_context.Threads, count, (i, _) =>
            {
                int image = _context.Images.FirstOf(batch) + first + i;
                if (targets.PlaceOf(_context.Images, image) is var (target, start))
                {
                    foreach (int pixel in layout.PixelsOf(image))
                    {
                        AddPixels(targets, source, PixelsAt(i, pixel, 1), channels, target, start);
                        start += layout.Channels;
                    }
                }

                int place = targets.MapImages?.PlaceOf(image) ?? -1;
                if (place >= 0)
                    AddPixels(targets, source, PixelsAt(i, 0, layout.Area), channels, targets.Maps!, place * targets.MapLength);
            });

            ReadOnlySpan<float> PixelsAt(int image, int pixel, int pixels) => new(node + ((nint)image * layout.Area + pixel) * channels, pixels * channels);
        }
    }

    /// <summary>Adds what one node of a member gives for some pixels to a unit's targets.</summary>
    private static void AddPixels(UnitTargets targets, int source, ReadOnlySpan<float> pixels, int channels, TargetValues values, int start)
    {
        if (targets.IsRounded)
            pixels = Round(pixels); // as samples are that were taken before
        int own = targets.Layout.Channels;
        for (; pixels.Length > 0; pixels = pixels[channels..], start += own)
        {
            Span<float> opened = values.Open(start, own);
            targets.Target.AddPixel(source, pixels[..channels], opened);
            values.Close(start, opened);
        }
    }

    private static Span<float> Round(ReadOnlySpan<float> values)
    {
        Span<float> rounded = GrowingArray.Take(ref _rounded, values.Length);
        RoundedValues.Round(values, rounded);
        return rounded;
    }

    private sealed record UnitTargets(RefitUnit Unit, SampleLayout Layout, ImageSubset? MapImages, MergedTarget Target, long Count, bool IsRounded)
    {
        /// <summary>
        /// Of images that are fitted to and of those that errors are measured on; null as long as they are not sampled, and when they are not needed any more.
        /// </summary>
        public TargetValues[]? Values { get; set; }

        /// <summary>Targets at all pixels of some images [images, pixels, channels], if they are wanted.</summary>
        public TargetValues? Maps { get; set; }

        /// <summary>Number of values of one image at the sampled pixels.</summary>
        public int ImageLength => checked(Layout.PerImage * Layout.Channels);

        /// <summary>Number of values of one image at all pixels.</summary>
        public int MapLength => checked(Layout.Area * Layout.Channels);

        /// <summary>Memory of all values, in bytes.</summary>
        public long Bytes => Count * (IsRounded ? sizeof(ushort) : sizeof(float));

        /// <summary>Where the values of an image are at the sampled pixels; null if it is not sampled.</summary>
        public (TargetValues Values, int Start)? PlaceOf(CalibrationImages images, int image)
        {
            (bool isHeldOut, int place) = images.PlaceOf(image, Layout.Every);
            return place < 0 ? null : (Values![isHeldOut ? 1 : 0], place * ImageLength);
        }
    }
}
