using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Walks through a network from its input to its outputs and gives, for all calibration images, the values of nodes that are asked for in topological order. Values at
/// the frontier (nodes whose readers have not all been computed) are kept if memory allows, so that the next step starts there; otherwise from the last
/// frontier that was kept, at first the images.
/// </summary>
internal sealed class FeatureWalk
{
    private readonly Network _network;
    private readonly Func<Node, Node> _current;
    private readonly IReadOnlyList<IReadOnlyList<Node>> _consumers;
    private readonly int _batchCount;
    private readonly FloatPool _pool;
    private HashSet<Node> _done;
    private Dictionary<Node, float[]?[]> _kept = [];

    /// <summary>Starts at the images.</summary>
    /// <param name="network">The network that gives the order.</param>
    /// <param name="batchCount">Number of batches of images.</param>
    /// <param name="pool">Memory for values.</param>
    /// <param name="current">The node that takes a node's place, if layers change on the way.</param>
    public FeatureWalk(Network network, int batchCount, FloatPool pool, Func<Node, Node>? current = null)
    {
        (_network, _batchCount, _pool, _current) = (network, batchCount, pool, current ?? (node => node));
        _consumers = network.FindConsumers();
        _done = [network.Inputs[0]];
    }

    public Network Network => _network;

    /// <summary>Memory that the present frontier takes, in bytes.</summary>
    public long KeptBytes => _kept.Values.Sum(values => values.Sum(batch => (long)sizeof(float) * (batch?.Length ?? 0)));

    /// <summary>Plans a step to some nodes.</summary>
    /// <param name="wanted">Nodes of the network.</param>
    public Step Plan(IReadOnlyList<Node> wanted) => new(this, wanted);

    /// <summary>Forgets all values that depend on a node, whose layer has changed.</summary>
    public void Forget(Node changed)
    {
        var stale = new HashSet<Node> { changed };
        foreach (Node node in _network.Nodes.Where(node => node.Inputs.Any(stale.Contains)))
            stale.Add(node);
        _done.ExceptWith(stale);
        foreach (Node node in _kept.Keys.Where(stale.Contains).ToList())
        {
            foreach (float[]? values in _kept[node])
            {
                if (values is not null)
                    _pool.Return(values);
            }

            _kept.Remove(node);
        }
    }

    private int[] ShapeOf(Node node) => _network.ShapeOf(node).ToArray();

    /// <summary>One step of a walk: computes values batch by batch, perhaps several times, and then becomes the walk's new place.</summary>
    internal sealed class Step : IDisposable
    {
        private readonly FeatureWalk _walk;
        private readonly Node[] _wanted;
        private readonly HashSet<Node> _done;
        private readonly Node[] _frontier;
        private readonly Dictionary<Node, float[]?[]> _next = [];
        private INetworkSession? _session;
        private IReadOnlyList<Node> _sources = [];
        private Node[] _computed = [];
        private int _batch;
        private ReadOnlyMemory<float> _images;

        public Step(FeatureWalk walk, IReadOnlyList<Node> wanted)
        {
            _walk = walk;
            _wanted = [.. wanted.Distinct()];
            _done = [.. walk._done];
            var path = new Stack<Node>(_wanted);
            while (path.TryPop(out Node? node))
            {
                if (!_done.Add(node))
                    continue;
                foreach (Node input in node.Inputs)
                    path.Push(input);
            }

            _frontier = [.. walk._network.Nodes.Where(node => node.Layer is not Input && _done.Contains(node)
                && (_wanted.Contains(node) || walk._consumers[walk._network.IndexOf(node)].Any(consumer => !_done.Contains(consumer))))];
        }

        /// <summary>Number of floats per image that the new frontier takes.</summary>
        public long FrontierLength => _frontier.Sum(node => _walk._network.ShapeOf(node).ToArray().Aggregate(1L, (product, extent) => product * extent));

        /// <summary>Whether the step needs the images.</summary>
        public bool NeedsImages { get; private set; }

        /// <summary>Makes ready to run.</summary>
        public void Open(bool keepFrontier, INetworkEngine engine, int batchSize, int threads)
        {
            Node[] targets = keepFrontier ? [.. _frontier.Union(_wanted)] : _wanted;
            if (keepFrontier)
            {
                foreach (Node node in _frontier)
                    _next[node] = new float[]?[_walk._batchCount];
            }

            Dictionary<Node, Node> known = new(ReferenceEqualityComparer.Instance); // current node → node of the walk
            foreach (Node node in _walk._kept.Keys)
                known[_walk._current(node)] = node;
            Node image = _walk._network.Inputs[0];
            known[_walk._current(image)] = image;
            _computed = [.. targets.Where(node => !known.ContainsKey(_walk._current(node)))];
            if (_computed.Length > 0)
            {
                (Network network, IReadOnlyList<Node> sources) = SubNetwork.Extract(
                    [.. _computed.Select(_walk._current)], node => known.TryGetValue(node, out Node? own) ? _walk.ShapeOf(own) : null);
                _sources = [.. sources.Select(source => known[source])];
                _session = engine.CreateSession(network, new SessionOptions { MaximumBatchSize = batchSize, Threads = threads, ChannelsLastInputs = true });
            }

            NeedsImages = _sources.Contains(image) || targets.Contains(image);
        }

        /// <summary>Computes one batch.</summary>
        /// <param name="batch">Number of the batch.</param>
        /// <param name="count">Number of its images.</param>
        /// <param name="images">The images, channels last, if they are needed.</param>
        public void Run(int batch, int count, ReadOnlyMemory<float> images)
        {
            (_batch, _images) = (batch, images);
            _session?.Run([.. _sources.Select(Known)], count);
            foreach ((Node node, float[]?[] values) in _next)
            {
                // Values that were kept already move on.
                values[batch] ??= _walk._kept.TryGetValue(node, out float[]?[]? kept) ? kept[batch] : Copy(Get(node));
            }

            if (_next.Count == 0)
                return;
            foreach (Node node in _walk._kept.Keys.Where(node => !_next.ContainsKey(node)))
            {
                if (_walk._kept[node][batch] is { } values)
                    _walk._pool.Return(values);
                _walk._kept[node][batch] = null;
            }
        }

        /// <summary>Value of a wanted node for the batch that was run last, channels last.</summary>
        public ReadOnlySpan<float> Get(Node node)
        {
            int head = Array.IndexOf(_computed, node);
            return head >= 0 ? _session!.GetOutput(head) : Known(node).Span;
        }

        /// <summary>Moves the walk to the new frontier, if it was kept.</summary>
        public void Dispose()
        {
            _session?.Dispose();
            _session = null;
            if (_next.Count == 0)
                return;
            _walk._kept = _next;
            _walk._done = _done;
        }

        private float[] Copy(ReadOnlySpan<float> values)
        {
            float[] copy = _walk._pool.Rent(values.Length);
            values.CopyTo(copy);
            return copy;
        }

        private ReadOnlyMemory<float> Known(Node node)
        {
            if (_walk._kept.TryGetValue(node, out float[]?[]? kept))
                return kept[_batch];
            return _next.TryGetValue(node, out float[]?[]? next) && node.Layer is not Input ? next[_batch] : _images;
        }
    }
}
