using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>One step of a <see cref="Frontier"/>: computes values batch by batch, and then becomes the frontier's new place.</summary>
internal sealed class FrontierStep : IDisposable
{
    private readonly Frontier _frontier;
    private readonly RefitContext _context;
    private readonly Node[] _wanted;
    private readonly HashSet<Node> _done;
    private readonly Node[] _ahead;
    private readonly Dictionary<Node, AlignedBuffer?[]> _next = []; // by batch
    private readonly Dictionary<Node, GrowingBuffer> _passing = []; // values that are not kept
    private readonly Dictionary<Node, GrowingBuffer> _gathered = []; // known values of some images
    private INetworkSession? _session;
    private IReadOnlyList<Node> _sources = [];
    private Node[] _computed = [];
    private int _batch;
    private bool _isGathered;
    private ReadOnlyMemory<float> _images;

    /// <summary>Prepares a step; <see cref="Frontier.Plan"/> works it out.</summary>
    /// <param name="frontier">The frontier.</param>
    /// <param name="context">Images, engine and memory.</param>
    /// <param name="wanted">Nodes that are asked for.</param>
    /// <param name="done">Nodes that have been computed afterwards.</param>
    /// <param name="ahead">Nodes whose values further nodes read afterwards, and those that are asked for.</param>
    public FrontierStep(Frontier frontier, RefitContext context, Node[] wanted, HashSet<Node> done, Node[] ahead) =>
        (_frontier, _context, _wanted, _done, _ahead) = (frontier, context, wanted, done, ahead);

    /// <summary>Memory in bytes that the new frontier takes for all images.</summary>
    public long Bytes => _ahead.Sum(LengthOf) * _context.Images.Count * sizeof(float);

    /// <summary>Whether the step needs the images.</summary>
    public bool NeedsImages { get; private set; }

    /// <summary>Makes ready to run.</summary>
    /// <param name="keep">Whether the new frontier is kept.</param>
    public void Open(bool keep)
    {
        Node[] targets = keep ? [.. _ahead.Union(_wanted)] : _wanted;
        if (keep)
        {
            foreach (Node node in _ahead)
                _next[node] = new AlignedBuffer?[_context.Images.Sizes.Count];
        }

        Dictionary<Node, Node> known = new(ReferenceEqualityComparer.Instance); // current node → node of the network that gives the order
        foreach (Node node in _frontier.KeptNodes)
            known[_frontier.CurrentOf(node)] = node;
        Node image = _frontier.Network.Inputs[0];
        known[_frontier.CurrentOf(image)] = image;
        _computed = [.. targets.Where(node => !known.ContainsKey(_frontier.CurrentOf(node)))];
        if (_computed.Length > 0)
        {
            (Network network, IReadOnlyList<Node> sources) = SubNetwork.Extract(
                [.. _computed.Select(_frontier.CurrentOf)], node => known.TryGetValue(node, out Node? own) ? _frontier.Network.ShapeOf(own).ToArray() : null);
            _sources = [.. sources.Select(source => known[source])];
            _session = _context.CreateSession(network, _context.Images.BatchSize);
        }

        NeedsImages = _sources.Contains(image) || targets.Contains(image);
    }

    /// <summary>Computes one batch.</summary>
    /// <param name="batch">Number of the batch.</param>
    /// <param name="images">The images, channels last, if they are needed.</param>
    /// <param name="chosen">The images whose values are wanted, in ascending order: all of them if the new frontier is kept.</param>
    public void Run(int batch, ReadOnlyMemory<float> images, int[] chosen)
    {
        (_batch, _images) = (batch, images);
        if (chosen.Length == 0)
            return;
        int count = _context.Images.Sizes[batch];
        _isGathered = chosen.Length < count;
        if (_isGathered)
        {
            foreach (Node node in _sources.Concat(_wanted.Except(_computed)).Distinct())
                Gather(Known(node), count, chosen, BufferOf(node, _gathered));
        }

        _session?.Run([.. _sources.Select(Get)], chosen.Length);
        for (int head = 0; head < _computed.Length; head++)
            Take(_computed[head], _session!.GetOutput(head));

        if (_next.Count == 0)
            return;
        foreach ((Node node, AlignedBuffer?[] values) in _next)
            values[batch] ??= _frontier.TryGetKept(node)?[batch]; // moves on
        foreach (Node node in _frontier.KeptNodes.Where(node => !_next.ContainsKey(node)))
            _frontier.Release(node, batch);
    }

    /// <summary>Value of a wanted node for the chosen images of the batch that was run last, channels last.</summary>
    public ReadOnlyMemory<float> Get(Node node) =>
        _passing.TryGetValue(node, out GrowingBuffer? values) || (_isGathered && _gathered.TryGetValue(node, out values)) ? values.Current : Known(node);

    /// <summary>Moves the frontier, if the new one was kept.</summary>
    public void Dispose()
    {
        _session?.Dispose();
        _session = null;
        foreach (GrowingBuffer values in _passing.Values.Concat(_gathered.Values))
            values.Dispose();
        _passing.Clear();
        _gathered.Clear();
        if (_next.Count > 0)
            _frontier.MoveTo(_done, _next);
    }

    private long LengthOf(Node node) => _frontier.Network.ShapeOf(node).ToArray().Aggregate(1L, (product, extent) => product * extent);

    /// <summary>Copies what the session has computed: its own memory is used again for the next batch.</summary>
    private void Take(Node node, ReadOnlySpan<float> values)
    {
        if (_next.TryGetValue(node, out AlignedBuffer?[]? next))
        {
            next[_batch] = Copy(values, _context.Pool.Rent(values.Length));
            return;
        }

        Copy(values, BufferOf(node, _passing).Take(values.Length));
    }

    private GrowingBuffer BufferOf(Node node, Dictionary<Node, GrowingBuffer> buffers)
    {
        if (!buffers.TryGetValue(node, out GrowingBuffer? buffer))
            buffers.Add(node, buffer = new GrowingBuffer(_context.Pool));
        return buffer;
    }

    /// <summary>Copies some images' values side by side.</summary>
    private static void Gather(ReadOnlyMemory<float> values, int count, int[] chosen, GrowingBuffer target)
    {
        int length = values.Length / count;
        Span<float> gathered = target.Take(chosen.Length * length).Span;
        for (int i = 0; i < chosen.Length; i++)
            values.Span.Slice(chosen[i] * length, length).CopyTo(gathered[(i * length)..]);
    }

    /// <summary>Copies with all threads: new memory takes as long to be had from the system as values take to be computed.</summary>
    private unsafe AlignedBuffer Copy(ReadOnlySpan<float> values, AlignedBuffer target)
    {
        const int Part = 1 << 18;
        int length = values.Length;
        fixed (float* pointer = values)
        {
            float* source = pointer;
            WorkerTeam.For(_context.Threads, (length + Part - 1) / Part, (part, _) =>
            {
                int first = part * Part, count = Math.Min(Part, length - first);
                new ReadOnlySpan<float>(source + first, count).CopyTo(target.Span.Slice(first, count));
            });
        }

        return target;
    }

    private ReadOnlyMemory<float> Known(Node node)
    {
        if (_frontier.TryGetKept(node)?[_batch] is { } kept)
            return kept.Memory;
        return _next.TryGetValue(node, out AlignedBuffer?[]? next) && next[_batch] is { } values ? values.Memory : _images;
    }
}
