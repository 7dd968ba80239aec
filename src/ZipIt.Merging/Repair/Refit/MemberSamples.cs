using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Members' values at the pixels where a refit will need them, taken while the members run anyway for the statistics. All channels are taken: which of them count is not
/// known before the features are matched.
/// </summary>
internal sealed class MemberSamples
{
    private readonly Dictionary<(int Member, Node Node), List<Request>> _requests = [];
    private readonly int _images;

    /// <summary>Prepares samples of what the targets of some units are made of.</summary>
    /// <param name="units">For each unit the members' nodes, the layout of its samples, and the images that are wanted at all pixels.</param>
    /// <param name="members">The members.</param>
    /// <param name="images">Number of calibration images.</param>
    public MemberSamples(IEnumerable<(IReadOnlyList<NodeOrigin.Source> Sources, SampleLayout Layout, ImageSample? Maps)> units, IReadOnlyList<ZipMember> members, int images)
    {
        _images = images;
        foreach ((IReadOnlyList<NodeOrigin.Source> sources, SampleLayout layout, ImageSample? maps) in units)
        {
            foreach (NodeOrigin.Source source in sources)
            {
                if (!_requests.TryGetValue((source.Member, source.Node), out List<Request>? requests))
                    _requests.Add((source.Member, source.Node), requests = []);
                if (!requests.Exists(request => request.Matches(layout, maps)))
                    requests.Add(new Request(layout, maps, members[source.Member].Network.ShapeOf(source.Node)[0], images));
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
    public void Add(int member, Node node, ReadOnlySpan<float> values, long firstImage, int count)
    {
        foreach (Request request in _requests[(member, node)])
        {
            for (int i = 0; i < count && firstImage + i < _images; i++)
                request.Add(values[(i * values.Length / count)..((i + 1) * values.Length / count)], (int)firstImage + i);
        }
    }

    /// <summary>
    /// A node's values at the sampled pixels [images, samples, channels] and at all pixels of some images; null if they were not taken like this, or not of all images.
    /// </summary>
    public (float[] Sampled, float[] Maps)? TryGet(int member, Node node, SampleLayout layout, ImageSample? maps) =>
        _requests.GetValueOrDefault((member, node))?.Find(request => request.Matches(layout, maps)) is { } found && found.Count == _images ? (found.Sampled, found.Maps) : null;

    /// <summary>Gives a node's memory back.</summary>
    public void Release(int member, Node node) => _requests.Remove((member, node));

    private sealed class Request(SampleLayout layout, ImageSample? maps, int channels, int images)
    {
        private float[]? _sampled;
        private float[]? _maps;

        /// <summary>Number of images that were added.</summary>
        public int Count { get; private set; }

        public long Length => ((long)images * layout.PerImage + (long)(maps?.Count ?? 0) * layout.Area) * channels;

        public float[] Sampled => _sampled ??= new float[images * layout.PerImage * channels];

        public float[] Maps => _maps ??= new float[(maps?.Count ?? 0) * layout.Area * channels];

        public bool Matches(SampleLayout other, ImageSample? otherMaps) => other.PerImage == layout.PerImage && other.Area == layout.Area && otherMaps == maps;

        public void Add(ReadOnlySpan<float> values, int image)
        {
            Count++;
            Span<float> sampled = Sampled.AsSpan(image * layout.PerImage * channels);
            foreach (int pixel in layout.PixelsOf(image))
            {
                values.Slice(pixel * channels, channels).CopyTo(sampled);
                sampled = sampled[channels..];
            }

            int place = maps?.PlaceOf(image) ?? -1;
            if (place >= 0)
                values.CopyTo(Maps.AsSpan(place * values.Length));
        }
    }
}
