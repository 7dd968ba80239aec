namespace ZipIt.Numerics;

/// <summary>
/// Perfect matching of largest weight in a general graph given by a dense matrix. Exact, O(n³).
/// </summary>
/// <remarks>
/// <para>
/// Edmonds' primal-dual algorithm (J. Edmonds, <i>Maximum matching and a polyhedron with 0,1-vertices</i>, 1965) with the bookkeeping that makes it cubic,
/// after Z. Galil, <i>Efficient algorithms for finding maximum matching in graphs</i>, ACM Computing Surveys 18 (1986), section 5: for every vertex outside the
/// trees the best edge from an S-vertex, and for every pair of S-blossoms the best edge between them.
/// </para>
/// <para>
/// Vertices have duals y, blossoms z ≥ 0; slack(u, v) = y[u] + y[v] − 2·w(u, v) ≥ 0 for edges between different outermost nodes. All arithmetic is on
/// integers: weights are even and all y start even, so that halves never occur. "Node" below is a vertex (0 … n−1) or a blossom (from n on).
/// </para>
/// </remarks>
internal sealed class GeneralMatching
{
    /// <summary>Weight of a pair that must not be matched.</summary>
    public const double Forbidden = double.NegativeInfinity;

    private const long NoEdge = long.MinValue;
    private const int Nothing = -1;
    private const double Resolution = 1L << 44; // weights are told apart to 2⁻⁴⁴ of the largest

    private readonly int _count;
    private readonly long[] _weight; // [count, count], even; NoEdge where there is none
    private readonly long[] _dual; // [nodes], y of vertices, z of blossoms
    private readonly int[] _mate; // [count], matched vertex
    private readonly int[] _top; // [count], outermost node around a vertex
    private readonly int[] _base; // [nodes], the vertex of a node whose mate lies outside
    private readonly Label[] _label; // [nodes], of outermost nodes
    private readonly Edge[] _labelEdge; // [nodes], edge that a label came through, from the parent; From is Nothing at a root
    private readonly Blossom?[] _blossom; // [nodes], null for vertices and unused places
    private readonly Stack<int> _unused = new();
    private readonly int[] _bestInto; // [count], for a vertex outside S the S-vertex with the smallest slack
    private readonly int[][] _pairFrom; // [nodes][nodes], for two outermost S-nodes the end in the first of their best edge
    private readonly int[] _bestPartner; // [nodes], for an outermost S-node the one with the best such edge
    private readonly List<int> _tops = []; // outermost S-nodes of this stage, and some that no longer are
    private readonly int[] _stamp; // [nodes]
    private int _stamps;

    private GeneralMatching(Matrix weights)
    {
        _count = weights.Rows;
        int nodes = _count + _count / 2;
        _weight = Integers(weights);
        _dual = new long[nodes];
        _mate = Filled(_count);
        _top = [.. Enumerable.Range(0, _count)];
        _base = [.. Enumerable.Range(0, nodes)];
        _label = new Label[nodes];
        _labelEdge = new Edge[nodes];
        _blossom = new Blossom?[nodes];
        _bestInto = Filled(_count);
        _pairFrom = new int[nodes][];
        _bestPartner = Filled(nodes);
        _stamp = new int[nodes];
        for (int node = nodes - 1; node >= _count; node--)
            _unused.Push(node);
    }

    private enum Label : byte
    {
        Free,
        S,
        T,
    }

    /// <summary>Finds the perfect matching with the largest sum of weights; the same weights always give the same one.</summary>
    /// <param name="weights">Symmetric weights; <see cref="Forbidden"/> where two vertices cannot be matched. The diagonal is not looked at.</param>
    /// <returns>The partner of every vertex.</returns>
    /// <exception cref="ArgumentException">The matrix is not square, or there is no perfect matching.</exception>
    public static int[] Maximize(Matrix weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Rows != weights.Columns)
            throw new ArgumentException($"Expected a square matrix, found {weights.Rows}×{weights.Columns}.", nameof(weights));
        if (weights.Rows % 2 != 0)
            throw new ArgumentException($"An odd number of vertices, {weights.Rows}, has no perfect matching.", nameof(weights));
        var matching = new GeneralMatching(weights);
        matching.Start();
        for (int left = matching._mate.Count(mate => mate == Nothing); left > 0; left -= 2)
            matching.RunStage();
        return matching._mate;
    }

    private static int[] Filled(int count)
    {
        var values = new int[count];
        Array.Fill(values, Nothing);
        return values;
    }

    private static long[] Integers(Matrix weights)
    {
        double largest = 0;
        foreach (double weight in weights.Values)
            largest = double.IsFinite(weight) ? Math.Max(largest, Math.Abs(weight)) : largest;
        double scale = largest > 0 ? Resolution / largest : 0;
        var integers = new long[weights.Values.Length];
        for (int k = 0; k < integers.Length; k++)
            integers[k] = double.IsFinite(weights.Values[k]) ? 2 * (long)Math.Round(weights.Values[k] * scale) : NoEdge;
        for (int v = 0; v < weights.Rows; v++)
            integers[v * weights.Rows + v] = NoEdge;
        return integers;
    }

    private bool IsEdge(int u, int v) => _weight[u * _count + v] != NoEdge;

    private long Slack(int u, int v) => _dual[u] + _dual[v] - 2 * _weight[u * _count + v];

    /// <summary>Starts with y[v] = the largest weight at v, and matches tight edges greedily.</summary>
    private void Start()
    {
        for (int v = 0; v < _count; v++)
        {
            long largest = NoEdge;
            foreach (long weight in _weight.AsSpan(v * _count, _count))
                largest = Math.Max(largest, weight);
            if (largest == NoEdge)
                throw NoPerfectMatching();
            _dual[v] = largest;
        }

        for (int u = 0; u < _count; u++)
        {
            for (int v = u + 1; v < _count && _mate[u] == Nothing; v++)
            {
                if (_mate[v] == Nothing && IsEdge(u, v) && Slack(u, v) == 0)
                    (_mate[u], _mate[v]) = (v, u);
            }
        }
    }

    private static ArgumentException NoPerfectMatching() => new("The graph has no perfect matching.", "weights");

    /// <summary>Grows alternating trees from all unmatched vertices, changing duals where no edge is tight, until an augmenting path is found.</summary>
    private void RunStage()
    {
        Array.Clear(_label);
        Array.Fill(_bestInto, Nothing);
        _tops.Clear();
        for (int v = 0; v < _count; v++)
        {
            if (_mate[v] == Nothing)
                MakeS(_top[v], new Edge(Nothing, v));
        }

        while (true)
        {
            (long delta, int outside, int inside, int emptied) = NextEvent();
            ChangeDuals(delta);
            if (outside != Nothing)
            {
                Grow(_bestInto[outside], outside);
            }
            else if (emptied != Nothing)
            {
                ExpandT(emptied);
            }
            else
            {
                var edge = new Edge(_pairFrom[inside][_bestPartner[inside]], _pairFrom[_bestPartner[inside]][inside]);
                int meeting = MeetingNode(edge);
                if (meeting == Nothing)
                {
                    Augment(edge);
                    break;
                }

                Shrink(edge, meeting);
            }
        }

        for (int node = _count; node < _blossom.Length; node++)
        {
            if (_blossom[node] is { } blossom && _top[blossom.Vertices[0]] == node && _label[node] == Label.S && _dual[node] == 0)
                Dissolve(node);
        }
    }

    /// <summary>
    /// The smallest change of duals that makes something possible: an edge from S to a vertex outside the trees becomes tight (the vertex is returned), an edge
    /// between two S-nodes does (one of them), or the dual of a T-blossom vanishes (the blossom).
    /// </summary>
    private (long Delta, int Outside, int Inside, int Emptied) NextEvent()
    {
        (long Delta, int Outside, int Inside, int Emptied) next = (long.MaxValue, Nothing, Nothing, Nothing);
        for (int v = 0; v < _count; v++)
        {
            if (_bestInto[v] == Nothing || _label[_top[v]] != Label.Free)
                continue;
            long slack = Slack(_bestInto[v], v);
            if (slack < next.Delta)
                next = (slack, v, Nothing, Nothing);
        }

        _tops.RemoveAll(node => !IsTop(node));
        foreach (int node in _tops)
        {
            if (_bestPartner[node] == Nothing)
                continue;
            long half = PairSlack(node, _bestPartner[node]) / 2;
            if (half < next.Delta)
                next = (half, Nothing, node, Nothing);
        }

        for (int node = _count; node < _blossom.Length; node++)
        {
            if (_label[node] == Label.T && IsTop(node) && _dual[node] / 2 < next.Delta)
                next = (_dual[node] / 2, Nothing, Nothing, node);
        }

        return next.Delta == long.MaxValue ? throw NoPerfectMatching() : next;
    }

    private bool IsTop(int node) => node < _count ? _top[node] == node : _blossom[node] is { } blossom && _top[blossom.Vertices[0]] == node;

    private long PairSlack(int first, int second) => Slack(_pairFrom[first][second], _pairFrom[second][first]);

    private void ChangeDuals(long delta)
    {
        if (delta == 0)
            return;
        for (int v = 0; v < _count; v++)
        {
            Label label = _label[_top[v]];
            _dual[v] += label == Label.S ? -delta : label == Label.T ? delta : 0;
        }

        for (int node = _count; node < _blossom.Length; node++)
        {
            if (_label[node] != Label.Free && IsTop(node))
                _dual[node] += _label[node] == Label.S ? 2 * delta : -2 * delta;
        }
    }

    private ReadOnlySpan<int> VerticesOf(int node) => node < _count ? _base.AsSpan(node, 1) : _blossom[node]!.Vertices; // a vertex is its own base

    private void MakeS(int node, Edge from)
    {
        _label[node] = Label.S;
        _labelEdge[node] = from;
        ForgetPairs(node);
        _tops.Add(node);
        ScanAll(node);
    }

    private void ForgetPairs(int node)
    {
        int[] row = _pairFrom[node] ??= new int[_blossom.Length];
        Array.Fill(row, Nothing);
        _bestPartner[node] = Nothing;
        foreach (int other in _tops)
            _pairFrom[other][node] = Nothing;
    }

    private void ScanAll(int node)
    {
        foreach (int vertex in VerticesOf(node))
            Scan(vertex);
    }

    /// <summary>Looks at all edges of a vertex that has just become part of an S-node.</summary>
    private void Scan(int u)
    {
        int node = _top[u];
        for (int v = 0; v < _count; v++)
        {
            int other = _top[v];
            if (other == node || !IsEdge(u, v))
                continue;
            long slack = Slack(u, v);
            if (_label[other] != Label.S)
            {
                if (_bestInto[v] == Nothing || slack < Slack(_bestInto[v], v))
                    _bestInto[v] = u;
            }
            else if (_pairFrom[node][other] == Nothing || slack < PairSlack(node, other))
            {
                SetPair(node, other, u, v, slack);
            }
        }
    }

    private void SetPair(int first, int second, int u, int v, long slack)
    {
        (_pairFrom[first][second], _pairFrom[second][first]) = (u, v);
        if (_bestPartner[first] == Nothing || slack < PairSlack(first, _bestPartner[first]))
            _bestPartner[first] = second;
        if (_bestPartner[second] == Nothing || slack < PairSlack(second, _bestPartner[second]))
            _bestPartner[second] = first;
    }

    /// <summary>Takes a free node into the tree, and its matched neighbour as the next S-node.</summary>
    private void Grow(int u, int v)
    {
        int node = _top[v];
        _label[node] = Label.T;
        _labelEdge[node] = new Edge(u, v);
        int vertex = _base[node];
        MakeS(_top[_mate[vertex]], new Edge(vertex, _mate[vertex]));
    }

    /// <summary>The first common node of the paths from the ends of an edge to their roots, or Nothing if they are in different trees.</summary>
    private int MeetingNode(Edge edge)
    {
        _stamps++;
        for (int node = _top[edge.From]; node != Nothing; node = Parent(node))
            _stamp[node] = _stamps;
        for (int node = _top[edge.To]; node != Nothing; node = Parent(node))
        {
            if (_stamp[node] == _stamps)
                return node;
        }

        return Nothing;
    }

    private int Parent(int node) => _labelEdge[node].From == Nothing ? Nothing : _top[_labelEdge[node].From];

    /// <summary>Makes a blossom of the odd cycle that a tight edge between two S-nodes of one tree closes.</summary>
    private void Shrink(Edge edge, int meeting)
    {
        // From the node where the paths meet down to one end, over the edge, and up again.
        var children = new List<int> { meeting };
        var edges = new List<Edge>();
        for (int node = _top[edge.From]; node != meeting; node = Parent(node))
        {
            children.Add(node);
            edges.Add(_labelEdge[node]);
        }

        children.Reverse(1, children.Count - 1);
        edges.Reverse();
        edges.Add(edge);
        for (int node = _top[edge.To]; node != meeting; node = Parent(node))
        {
            children.Add(node);
            edges.Add(new Edge(_labelEdge[node].To, _labelEdge[node].From));
        }

        int blossom = _unused.Pop();
        var vertices = new List<int>();
        foreach (int child in children)
            vertices.AddRange(VerticesOf(child));
        _blossom[blossom] = new Blossom([.. children], [.. edges], [.. vertices]);
        _base[blossom] = _base[meeting];
        _dual[blossom] = 0;
        _label[blossom] = Label.S;
        _labelEdge[blossom] = _labelEdge[meeting];
        foreach (int vertex in vertices)
            _top[vertex] = blossom;
        InheritPairs(blossom, children);
        foreach (int child in children)
        {
            if (_label[child] == Label.T)
                ScanAll(child);
        }
    }

    /// <summary>The best edges of a new blossom to other S-nodes are the best of those of the S-nodes in it.</summary>
    private void InheritPairs(int blossom, List<int> children)
    {
        ForgetPairs(blossom);
        foreach (int other in _tops)
        {
            if (!IsTop(other))
                continue;
            int best = Nothing;
            foreach (int child in children)
            {
                if (_label[child] == Label.S && _pairFrom[child][other] != Nothing && (best == Nothing || PairSlack(child, other) < PairSlack(best, other)))
                    best = child;
            }

            if (best == Nothing)
                continue;
            // Another node's best edge stays its best: if it led into the new blossom, it is the same edge under another name.
            bool wasBest = children.Contains(_bestPartner[other]);
            SetPair(blossom, other, _pairFrom[best][other], _pairFrom[other][best], PairSlack(best, other));
            if (wasBest)
                _bestPartner[other] = blossom;
        }

        _tops.Add(blossom);
    }

    /// <summary>Opens a T-blossom whose dual has vanished: the even way from its entry to its base stays in the tree, the rest is free again.</summary>
    private void ExpandT(int node)
    {
        Blossom blossom = _blossom[node]!;
        Edge entryEdge = _labelEdge[node];
        Release(node);
        int[] children = blossom.Children;
        foreach (int child in children)
            _label[child] = Label.Free;

        int entry = Array.IndexOf(children, _top[entryEdge.To]);
        int step = entry % 2 == 1 ? 1 : -1;
        int at = entry;
        Edge into = entryEdge;
        while (at != 0)
        {
            Grow(into.From, into.To); // children[at] becomes T and its matched neighbour in the cycle S
            int s = (at + step) % children.Length;
            int next = (s + step) % children.Length;
            into = step == 1 ? blossom.Edges[s] : blossom.Edges[next].Reversed();
            at = next;
        }

        _label[children[0]] = Label.T; // whose mate has been S all along
        _labelEdge[children[0]] = into;
    }

    /// <summary>Opens a blossom, and those in it whose dual is zero, between two stages.</summary>
    private void Dissolve(int node)
    {
        int[] children = _blossom[node]!.Children;
        Release(node);
        foreach (int child in children)
        {
            if (child >= _count && _dual[child] == 0)
                Dissolve(child);
        }
    }

    /// <summary>Makes the children of a blossom outermost nodes.</summary>
    private void Release(int node)
    {
        foreach (int child in _blossom[node]!.Children)
        {
            foreach (int vertex in VerticesOf(child))
                _top[vertex] = child;
        }

        _blossom[node] = null;
        _label[node] = Label.Free;
        _unused.Push(node);
    }

    /// <summary>Exchanges matched and unmatched edges from the ends of a tight edge to the roots of their two trees.</summary>
    private void Augment(Edge edge)
    {
        foreach (Edge half in (ReadOnlySpan<Edge>)[edge, edge.Reversed()])
        {
            (int vertex, int partner) = (half.From, half.To);
            while (true)
            {
                int node = _top[vertex];
                Edge up = _labelEdge[node];
                MoveBase(node, vertex);
                _mate[vertex] = partner;
                if (up.From == Nothing)
                    break;
                int t = _top[up.From];
                Edge further = _labelEdge[t];
                MoveBase(t, further.To);
                _mate[further.To] = further.From;
                (vertex, partner) = (further.From, further.To);
            }
        }
    }

    /// <summary>Rematches the inside of a node so that another vertex of it is left for a mate outside.</summary>
    private void MoveBase(int node, int vertex)
    {
        if (node < _count || _base[node] == vertex)
            return;
        Blossom blossom = _blossom[node]!;
        int count = blossom.Children.Length;
        int at = Array.FindIndex(blossom.Children, child => child == vertex || (child >= _count && Array.IndexOf(_blossom[child]!.Vertices, vertex) >= 0));
        MoveBase(blossom.Children[at], vertex);

        // Children 1 and 2, 3 and 4 … were matched. Those between the old and the new base, on the even way, are matched the other way round.
        (int first, int last) = at % 2 == 1 ? (at + 1, count) : (0, at);
        for (int k = first; k < last; k += 2)
        {
            Edge edge = blossom.Edges[k];
            MoveBase(blossom.Children[k], edge.From);
            MoveBase(blossom.Children[(k + 1) % count], edge.To);
            (_mate[edge.From], _mate[edge.To]) = (edge.To, edge.From);
        }

        blossom.Rotate(at);
        _base[node] = vertex;
    }

    /// <summary>An edge between two vertices.</summary>
    private readonly record struct Edge(int From, int To)
    {
        public Edge Reversed() => new(To, From);
    }

    /// <summary>An odd cycle of nodes: Edges[k] leads from Children[k] to Children[k + 1], the last one back to Children[0], which holds the base.</summary>
    private sealed class Blossom(int[] children, Edge[] edges, int[] vertices)
    {
        public int[] Children { get; private set; } = children;

        public Edge[] Edges { get; private set; } = edges;

        public int[] Vertices { get; } = vertices;

        public void Rotate(int first)
        {
            Children = [.. Children[first..], .. Children[..first]];
            Edges = [.. Edges[first..], .. Edges[..first]];
        }
    }
}
