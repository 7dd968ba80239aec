using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Members' values at the pixels where a refit will need them, taken while the members run anyway for the statistics. All channels are taken: which of them
/// count is not known before the features are matched. What does not fit the memory is kept in a temporary file.
/// </summary>
internal sealed class MemberSamples : IDisposable
{
    private readonly Dictionary<(int Member, Node Node), List<MemberSample>> _samples = [];
    private readonly Dictionary<MemberSample, long> _offsets = []; // in the file
    private readonly TemporaryFile? _file;
    private readonly BufferPool _pool;
    private readonly CalibrationImages _images;
    private bool _isBroken;

    /// <summary>Prepares samples of what the targets of some units are made of.</summary>
    /// <param name="plan">The units, and where they are sampled.</param>
    /// <param name="members">The members.</param>
    /// <param name="images">The images.</param>
    /// <param name="pool">Memory for the samples.</param>
    /// <param name="limit">Memory of all samples up to which they are kept there, in bytes.</param>
    /// <param name="folder">Where the file of more samples is made; null for where the system keeps temporary files.</param>
    public MemberSamples(RefitPlan plan, IReadOnlyList<ZipMember> members, CalibrationImages images, BufferPool pool, long limit, string? folder = null)
    {
        (_pool, _images) = (pool, images);
        foreach (RefitUnit unit in plan.Units)
        {
            SampleLayout layout = plan.LayoutOf(unit);
            ImageSubset? maps = plan.MapImagesOf(unit);
            foreach (NodeOrigin.Source source in plan.Merged.Origins[unit.Target].Sources)
            {
                if (!_samples.TryGetValue((source.Member, source.Node), out List<MemberSample>? samples))
                    _samples.Add((source.Member, source.Node), samples = []);
                if (!samples.Exists(sample => sample.Matches(layout, maps)))
                {
                    int channels = members[source.Member].Network.ShapeOf(source.Node)[0];
                    samples.Add(new MemberSample(layout, maps, channels, plan.RoundsTargetsOf(unit), images));
                }
            }
        }

        if (KeptBytes > limit)
            _file = TemporaryFile.TryCreate(PlaceInFile(), folder);
        IsKept = _file is not null || KeptBytes <= limit;
    }

    /// <summary>Whether there is room for the samples; without it nothing may be added.</summary>
    public bool IsKept { get; }

    /// <summary>Memory that samples take, in bytes.</summary>
    public long KeptBytes => AllSamples.Where(sample => _file is null || sample.IsSmall).Sum(sample => sample.Bytes);

    private IEnumerable<MemberSample> AllSamples => _samples.Values.SelectMany(samples => samples);

    /// <summary>The nodes of one member whose values must be added.</summary>
    public IEnumerable<Node> NodesOf(int member) => _samples.Keys.Where(key => key.Member == member).Select(key => key.Node);

    /// <summary>Takes a node's values for some images. If they cannot be written to the file, the samples are as if they had never been taken.</summary>
    /// <param name="member">The member.</param>
    /// <param name="node">One of <see cref="NodesOf"/>.</param>
    /// <param name="values">Its values [images, height, width, channels].</param>
    /// <param name="firstImage">Number of the first image.</param>
    /// <param name="count">Number of images; more than there should be are left out.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public unsafe void Add(int member, Node node, ReadOnlySpan<float> values, long firstImage, int count, int threads)
    {
        int length = values.Length / count, taken = (int)Math.Clamp(_images.Count - firstImage, 0, count);
        foreach (MemberSample sample in _isBroken ? [] : _samples[(member, node)])
        {
            sample.Expect(taken, _pool, _file is not null && _offsets.TryGetValue(sample, out long offset) ? (_file, offset) : null);
            try
            {
                fixed (float* pinned = values)
                {
                    float* first = pinned;
                    WorkerTeam.For(threads, taken, (i, _) => sample.Add(new ReadOnlySpan<float>(first + (nint)i * length, length), (int)firstImage + i));
                }
            }
            catch (IOException)
            {
                _isBroken = true;
            }
        }
    }

    /// <summary>A node's values as a layout needs them; null if they were not taken like this, or not of all images.</summary>
    public MemberSample? TryGet(int member, Node node, SampleLayout layout, ImageSubset? maps) => _isBroken
        ? null
        : _samples.GetValueOrDefault((member, node))?.Find(sample => sample.Matches(layout, maps) && sample.Count == _images.Count);

    /// <summary>Gives a node's memory back.</summary>
    public void Release(int member, Node node)
    {
        if (_samples.Remove((member, node), out List<MemberSample>? samples))
            samples.ForEach(sample => sample.Release());
    }

    /// <summary>Deletes the file.</summary>
    public void Dispose() => _file?.Dispose();

    /// <summary>Gives every large sample its place in the file.</summary>
    /// <returns>The file's length in bytes.</returns>
    private long PlaceInFile()
    {
        long length = 0;
        foreach (MemberSample sample in AllSamples.Where(sample => !sample.IsSmall))
        {
            _offsets.Add(sample, length);
            length += sample.Bytes;
        }

        return length;
    }
}
