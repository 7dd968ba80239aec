using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Members' values at the pixels where a refit will need them, taken while the members run anyway for the statistics. All channels are taken: which of them
/// count is not known before the features are matched.
/// </summary>
internal sealed class MemberSamples
{
    private readonly Dictionary<(int Member, Node Node), List<Request>> _requests = [];
    private readonly BufferPool _pool;
    private readonly CalibrationImages _images;

    /// <summary>Prepares samples of what the targets of some units are made of.</summary>
    /// <param name="plan">The units, and where they are sampled.</param>
    /// <param name="members">The members.</param>
    /// <param name="images">The images.</param>
    /// <param name="pool">Memory for the samples.</param>
    public MemberSamples(RefitPlan plan, IReadOnlyList<ZipMember> members, CalibrationImages images, BufferPool pool)
    {
        (_pool, _images) = (pool, images);
        foreach (RefitUnit unit in plan.Units)
        {
            SampleLayout layout = plan.LayoutOf(unit);
            ImageSubset? maps = plan.MapImagesOf(unit);
            foreach (NodeOrigin.Source source in plan.Merged.Origins[unit.Target].Sources)
            {
                if (!_requests.TryGetValue((source.Member, source.Node), out List<Request>? requests))
                    _requests.Add((source.Member, source.Node), requests = []);
                if (!requests.Exists(request => request.Matches(layout, maps)))
                    requests.Add(new Request(layout, maps, members[source.Member].Network.ShapeOf(source.Node)[0], _images));
            }
        }
    }

    /// <summary>Memory that all samples take, in bytes.</summary>
    public long Bytes => _requests.Values.Sum(requests => requests.Sum(request => request.Length * sizeof(float)));

    /// <summary>The nodes of one member whose values must be added.</summary>
    public IEnumerable<Node> NodesOf(int member) => _requests.Keys.Where(key => key.Member == member).Select(key => key.Node);

    /// <summary>Takes a node's values for some images.</summary>
    /// <param name="member">The member.</param>
    /// <param name="node">One of <see cref="NodesOf"/>.</param>
    /// <param name="values">Its values [images, height, width, channels].</param>
    /// <param name="firstImage">Number of the first image.</param>
    /// <param name="count">Number of images; more than there should be are left out.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public unsafe void Add(int member, Node node, ReadOnlySpan<float> values, long firstImage, int count, int threads)
    {
        int length = values.Length / count, taken = (int)Math.Clamp(_images.Count - firstImage, 0, count);
        foreach (Request request in _requests[(member, node)])
        {
            request.Expect(taken, _pool);
            fixed (float* pinned = values)
            {
                float* first = pinned;
                WorkerTeam.For(threads, taken, (i, _) => request.Add(new ReadOnlySpan<float>(first + (nint)i * length, length), (int)firstImage + i));
            }
        }
    }

    /// <summary>
    /// A node's values at the sampled pixels [sampled images, samples, channels], in the order of <see cref="PlaceOf"/>, and at all pixels of some images; null if
    /// they were not taken like this, or not of all images.
    /// </summary>
    public (ReadOnlyMemory<float> Sampled, ReadOnlyMemory<float> Maps)? TryGet(int member, Node node, SampleLayout layout, ImageSubset? maps) =>
        _requests.GetValueOrDefault((member, node))?.Find(request => request.Matches(layout, maps)) is { } found && found.Count == _images.Count
            ? (found.Sampled, found.Maps)
            : null;

    /// <summary>Where an image stands among those that a layer samples: at its number, if these are all; −1 if it is not sampled.</summary>
    public static int PlaceOf(CalibrationImages images, SampleLayout layout, int image)
    {
        if (layout.Every == 1)
            return image;
        (bool isHeldOut, int place) = images.PlaceOf(image, layout.Every);
        return isHeldOut && place >= 0 ? images.CountOf(false, layout.Every) + place : place;
    }

    /// <summary>Gives a node's memory back.</summary>
    public void Release(int member, Node node)
    {
        if (_requests.Remove((member, node), out List<Request>? requests))
            requests.ForEach(request => request.Release(_pool));
    }

    private sealed class Request(SampleLayout layout, ImageSubset? maps, int channels, CalibrationImages images)
    {
        private AlignedBuffer? _sampled;
        private AlignedBuffer? _maps;

        /// <summary>Number of images that were added.</summary>
        public int Count { get; private set; }

        public long Length => ((long)SampledImages * layout.PerImage + (long)(maps?.Count ?? 0) * layout.Area) * channels;

        private int SampledImages => images.CountOf(false, layout.Every) + images.CountOf(true, layout.Every);

        public ReadOnlyMemory<float> Sampled => _sampled!.Memory;

        public ReadOnlyMemory<float> Maps => _maps!.Memory;

        public bool Matches(SampleLayout other, ImageSubset? otherMaps) =>
            (other.PerImage, other.Every, other.Area) == (layout.PerImage, layout.Every, layout.Area) && otherMaps == maps;

        /// <summary>Counts images that are about to be added, and makes room before the first ones.</summary>
        public void Expect(int added, BufferPool pool)
        {
            Count += added;
            _sampled ??= pool.Rent(checked(SampledImages * layout.PerImage * channels));
            _maps ??= pool.Rent(checked((maps?.Count ?? 0) * layout.Area * channels));
        }

        public void Release(BufferPool pool)
        {
            foreach (AlignedBuffer? buffer in (AlignedBuffer?[])[_sampled, _maps])
            {
                if (buffer is not null)
                    pool.Return(buffer);
            }
        }

        public void Add(ReadOnlySpan<float> values, int image)
        {
            int place = PlaceOf(images, layout, image);
            if (place >= 0)
            {
                Span<float> sampled = _sampled!.Span[(place * layout.PerImage * channels)..];
                foreach (int pixel in layout.PixelsOf(image))
                {
                    values.Slice(pixel * channels, channels).CopyTo(sampled);
                    sampled = sampled[channels..];
                }
            }

            int map = maps?.PlaceOf(image) ?? -1;
            if (map >= 0)
                values.CopyTo(_maps!.Span[(map * values.Length)..]);
        }
    }
}
