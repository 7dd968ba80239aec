using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// One pass of the calibration images through all members: mean and covariance of their features in every space that is matched, what each feature matters to
/// the layers that read it, and whether the images look like those that the members were trained on.
/// </summary>
internal sealed class StatisticsPass
{
    private const long TapBytes = 512L << 20; // features that are held at a time

    private readonly IReadOnlyList<ZipMember> _given;
    private readonly IReadOnlyList<ZipMember> _members;
    private readonly ZipOptions _options;
    private readonly Observation[] _observations;
    private readonly HashSet<long> _different = [];

    /// <summary>Prepares the pass.</summary>
    /// <param name="given">The members as they were given, with the normalizations that they were trained with.</param>
    /// <param name="structures">What zips of the same members need, which differ in their cuts. Each place is measured once.</param>
    /// <param name="options">
    /// Engine, threads and batch size; whether features are taken at all pixels, or weights are refitted and some are enough.
    /// </param>
    public StatisticsPass(IReadOnlyList<ZipMember> given, IReadOnlyList<ZipStructure> structures, ZipOptions options)
    {
        (_given, _members, _options) = (given, structures[0].Alignment.Members, options);
        _observations = [.. structures
            .SelectMany(structure => structure.MatchedSpaces.Select(space => new Observation(structure, space)))
            .DistinctBy(observation => observation.Node.Name)];
    }

    /// <summary>Takes the members' outputs on the way; null for none.</summary>
    public RecordedOutputs? Outputs { get; init; }

    /// <summary>Number of images that were run.</summary>
    public long Images { get; private set; }

    /// <summary>Number of different images among them.</summary>
    public long DistinctImages => _different.Count;

    /// <summary>
    /// How far the images are from those that each member was trained on; null for members without batch normalization, empty if it was not measured.
    /// </summary>
    public IReadOnlyList<StatisticsShift?> Shifts { get; private set; } = [];

    /// <summary>Runs the members.</summary>
    /// <param name="images">Calibration images, of the shape that the members take.</param>
    /// <param name="prepared">Where members are sampled on the way, and memory; null for no samples.</param>
    /// <param name="clock">Is told after each batch.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">There are fewer than two images.</exception>
    /// <exception cref="InvalidOperationException">A member cannot have been trained on such images.</exception>
    public IReadOnlyList<SpaceStatistics> Run(IImageSource images, RefitPreparation? prepared, StageClock clock, CancellationToken cancellationToken)
    {
        if (_observations.Length == 0)
            return [];
        MemberSamples? samples = prepared?.Samples;
        FeatureStatisticsCollector[] collectors =
            [.. _observations.Select(observation => new FeatureStatisticsCollector(_options.Threads, observation.Widths))];
        PixelSample[] pixels = [.. _observations.Select(PixelsFor)];
        Node[][] sampled = [.. _members.Select((_, m) => samples?.NodesOf(m).ToArray() ?? [])];
        int batchSize = ChooseBatchSize(sampled);
        INetworkSession[] sessions = [.. _members.Select((member, m) => _options.Engine.CreateSession(member.Network, new SessionOptions
        {
            MaximumBatchSize = batchSize,
            Threads = _options.Threads,
            Pool = prepared?.Pool,
            Taps = [.. _observations.Select(observation => observation.NodeOf(m).Name), .. sampled[m].Select(node => node.Name)],
        }))];
        using ShiftMeter? meter = _options.CalibrationCheck == CalibrationCheck.Skip
            ? null
            : new ShiftMeter([.. _given.Select(member => member.Network)], _options.Engine, _options.Threads);
        try
        {
            foreach (ImageBatch batch in images.ReadBatches(batchSize))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (meter is not null)
                    Check(meter, batch);
                foreach (INetworkSession session in sessions)
                    session.Run(batch.Pixels.Span, batch.Count);
                for (int s = 0; s < _observations.Length; s++)
                    collectors[s].Add(sessions, s, pixels[s], Images, batch.Count);
                for (int m = 0; m < _members.Count; m++)
                {
                    for (int i = 0; i < sampled[m].Length; i++)
                        samples!.Add(m, sampled[m][i], sessions[m].GetTap(_observations.Length + i), Images, batch.Count, _options.Threads);
                }

                Outputs?.Add(sessions, batch.Count);
                Images += batch.Count;
                AddHashes(batch, images.Shape[0] * images.Shape[1] * images.Shape[2]);
                clock.Report(Images, images.ImageCount);
            }
        }
        finally
        {
            foreach (INetworkSession session in sessions)
                session.Dispose();
            prepared?.Pool.Clear();
        }

        if (Images < 2)
            throw new ArgumentException($"Expected at least two calibration images, better 100 or more, found {Images}.", nameof(images));
        if (meter is not null)
            Check(Shifts = meter.ToShifts());
        FeatureImportance importance = new([.. _members.Select(member => member.Network)]);
        return [.. _observations.Select((observation, s) =>
            new SpaceStatistics(observation.Space, collectors[s].ToStatistics(), importance.Compute(observation.NodeOf)) { Node = observation.Node.Name })];
    }

    /// <summary>Measures a batch; images that are far off are refused as soon as the first ones have been seen.</summary>
    private void Check(ShiftMeter meter, ImageBatch batch)
    {
        long before = meter.Images;
        meter.Add(batch.Pixels.Span, batch.Count);
        if (before < meter.FirstImages && meter.Images >= meter.FirstImages)
            Check(meter.ToShifts());
    }

    private void Check(IReadOnlyList<StatisticsShift?> shifts)
    {
        if (_options.CalibrationCheck != CalibrationCheck.Refuse)
            return;
        for (int m = 0; m < shifts.Count; m++)
        {
            if (shifts[m] is { IsUseless: true } shift)
            {
                throw new InvalidOperationException(
                    $"The calibration images cannot be what '{_given[m].Name}' was trained on. {shift.Describe(_given[m].Name)} If they are meant, set " +
                    $"{nameof(ZipOptions.CalibrationCheck)} to {nameof(CalibrationCheck)}.{nameof(CalibrationCheck.Warn)}.");
            }
        }
    }

    /// <summary>As many images at a time as the options say, or as their features fit the memory.</summary>
    private int ChooseBatchSize(Node[][] sampled)
    {
        long values = _observations.Sum(observation => LengthOf(_members[0].Network, observation.Node)) * _members.Count;
        for (int m = 0; m < sampled.Length; m++)
            values += sampled[m].Sum(node => LengthOf(_members[m].Network, node));
        return (int)Math.Clamp(TapBytes / (values * sizeof(float)), 1, _options.BatchSize);
    }

    private PixelSample PixelsFor(Observation observation)
    {
        int area = PixelsOf(_members[0].Network, observation.Node);
        return _options.Refit is null ? PixelSample.All(area) : PixelSample.Enough(area, observation.Widths.Sum());
    }

    private void AddHashes(ImageBatch batch, int length)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        for (int i = 0; i < batch.Count; i++)
        {
            SHA256.HashData(MemoryMarshal.AsBytes(batch.Pixels.Span.Slice(i * length, length)), hash);
            _different.Add(BinaryPrimitives.ReadInt64LittleEndian(hash));
        }
    }

    private static long LengthOf(Network network, Node node) => (long)network.ShapeOf(node)[0] * PixelsOf(network, node);

    private static int PixelsOf(Network network, Node node)
    {
        ReadOnlySpan<int> shape = network.ShapeOf(node);
        return shape.Length == 3 ? shape[1] * shape[2] : 1;
    }

    /// <summary>A space and the place where it is measured.</summary>
    private sealed class Observation(ZipStructure structure, FeatureSpace space)
    {
        public FeatureSpace Space => space;

        /// <summary>The node in the first member.</summary>
        public Node Node { get; } = structure.ObservationOf(space);

        public int[] Widths { get; } = structure.WidthsOf(space);

        public Node NodeOf(int member) => structure.Alignment.CounterpartOf(Node, member);
    }
}
