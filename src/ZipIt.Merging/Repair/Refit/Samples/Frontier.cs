using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// How far a network has been computed for all calibration images. It runs forward from the images to the outputs: values of nodes are asked for in topological
/// order, and values that further nodes read are kept if memory allows, so that the next step starts there; otherwise it starts from those that were kept last,
/// at first the images.
/// </summary>
internal sealed class Frontier
{
    private readonly Func<Node, Node> _current;
    private readonly IReadOnlyList<IReadOnlyList<Node>> _consumers;
    private readonly RefitContext _context;
    private HashSet<Node> _done;
    private Dictionary<Node, AlignedBuffer?[]> _kept = []; // by batch

    /// <summary>Starts at the images.</summary>
    /// <param name="network">The network that gives the order.</param>
    /// <param name="current">The node that takes a node's place now: layers change on the way.</param>
    /// <param name="context">Images, engine and memory.</param>
    public Frontier(Network network, Func<Node, Node> current, RefitContext context)
    {
        (Network, _current, _context) = (network, current, context);
        _consumers = network.FindConsumers();
        _done = [network.Inputs[0]];
    }

    /// <summary>The network that gives the order.</summary>
    public Network Network { get; }

    /// <summary>Memory that the kept values take, in bytes.</summary>
    public long KeptBytes => _kept.Values.Sum(values => values.Sum(batch => batch?.Bytes ?? 0));

    /// <summary>Plans a step to some nodes.</summary>
    /// <param name="wanted">Nodes of the network.</param>
    public FrontierStep Plan(IEnumerable<Node> wanted)
    {
        Node[] distinct = [.. wanted.Distinct()];
        HashSet<Node> done = [.. _done];
        var path = new Stack<Node>(distinct);
        while (path.TryPop(out Node? node))
        {
            if (!done.Add(node))
                continue;
            foreach (Node input in node.Inputs)
                path.Push(input);
        }

        Node[] ahead = [.. Network.Nodes.Where(node => node.Layer is not Input && done.Contains(node)
            && (distinct.Contains(node) || _consumers[Network.IndexOf(node)].Any(consumer => !done.Contains(consumer))))];
        return new FrontierStep(this, _context, distinct, done, ahead);
    }

    /// <summary>The node that takes a node's place now.</summary>
    public Node CurrentOf(Node node) => _current(node);

    /// <summary>The values of a node by batch, if they are kept.</summary>
    public AlignedBuffer?[]? TryGetKept(Node node) => _kept.GetValueOrDefault(node);

    /// <summary>The nodes whose values are kept.</summary>
    public IEnumerable<Node> KeptNodes => _kept.Keys;

    /// <summary>Moves forward.</summary>
    /// <param name="done">All nodes that have been computed.</param>
    /// <param name="kept">Values that further nodes read.</param>
    public void MoveTo(HashSet<Node> done, Dictionary<Node, AlignedBuffer?[]> kept) => (_done, _kept) = (done, kept);

    /// <summary>Forgets all values that depend on a node, whose layer has changed.</summary>
    public void Forget(Node changed)
    {
        var stale = new HashSet<Node> { changed };
        foreach (Node node in Network.Nodes.Where(node => node.Inputs.Any(stale.Contains)))
            stale.Add(node);
        _done.ExceptWith(stale);
        foreach (Node node in _kept.Keys.Where(stale.Contains).ToList())
        {
            for (int batch = 0; batch < _kept[node].Length; batch++)
                Release(node, batch);
            _kept.Remove(node);
        }
    }

    /// <summary>Gives the memory of a node's kept values of one batch back.</summary>
    public void Release(Node node, int batch)
    {
        if (_kept[node][batch] is { } values)
            _context.Pool.Return(values);
        _kept[node][batch] = null;
    }
}
