using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Builds the zipped network from the members and the maps: W* = Σₘ Mₘ·Wₘ·Uₘ for every shared Conv/Linear (paper, eq. 8), per-channel parameters through M,
/// and between the shared part and the tails U, folded into the weights that read it wherever possible.
/// </summary>
internal sealed class NetworkMerger
{
    private readonly ZipStructure _structure;
    private readonly NetworkAlignment _alignment;
    private readonly IReadOnlyDictionary<int, FeatureMap> _maps;
    private readonly Dictionary<Node, Node> _shared = [];
    private readonly Dictionary<Node, Node>[] _own;
    private readonly Dictionary<Node, Node>[] _baseOf;
    private readonly Dictionary<(Node Node, int Member), Node> _unmerged = [];
    private readonly Dictionary<Node, Node> _merged = [];
    private readonly Dictionary<Node, NodeOrigin> _origins = new(ReferenceEqualityComparer.Instance);

    private NetworkMerger(ZipStructure structure, IReadOnlyDictionary<int, FeatureMap> maps)
    {
        _structure = structure;
        _alignment = structure.Alignment;
        _maps = maps;
        _own = new Dictionary<Node, Node>[MemberCount];
        _baseOf = new Dictionary<Node, Node>[MemberCount];
        for (int m = 0; m < MemberCount; m++)
        {
            _own[m] = [];
            _baseOf[m] = _structure.Shared.ToDictionary(node => _alignment.CounterpartOf(node, m));
        }
    }

    private int MemberCount => _alignment.Members.Count;

    /// <summary>Builds the zipped network.</summary>
    /// <param name="structure">What is shared.</param>
    /// <param name="maps">Merge and unmerge matrices of <see cref="ZipStructure.MergedSpaces"/>, by the index of the space.</param>
    public static MergedNetwork Merge(ZipStructure structure, IReadOnlyDictionary<int, FeatureMap> maps) => new NetworkMerger(structure, maps).Merge();

    private MergedNetwork Merge()
    {
        // Common nodes and tails before a late start come first, then the shared part, then the tails: each of these steps needs only the ones before it.
        HashSet<Node>[] late = FindLateTails();
        foreach (Node node in _alignment.Base.Nodes.Where(node => _structure.Shared.Contains(node) && IsCommon(node)))
            _shared[node] = EmitShared(node);
        for (int m = 0; m < MemberCount; m++)
            EmitOwn(m, node => !late[m].Contains(node));
        foreach (Node node in _alignment.Base.Nodes.Where(node => _structure.Shared.Contains(node) && !IsCommon(node)))
            _shared[node] = EmitShared(node);
        for (int m = 0; m < MemberCount; m++)
            EmitOwn(m, late[m].Contains);

        var heads = new List<Head>();
        for (int m = 0; m < MemberCount; m++)
        {
            ZipMember member = _alignment.Members[m];
            heads.AddRange(member.Network.Heads.Select(head =>
                new Head(member.NameOf(head), _baseOf[m].TryGetValue(head.Node, out Node? node) ? _shared[node] : _own[m][head.Node])));
        }

        return new MergedNetwork(new Network([.. heads]), _origins);
    }

    /// <summary>For each member the nodes of its own that lie behind a shared, merged node.</summary>
    private HashSet<Node>[] FindLateTails()
    {
        var late = new HashSet<Node>[MemberCount];
        for (int m = 0; m < MemberCount; m++)
        {
            late[m] = [];
            var behind = new HashSet<Node>();
            foreach (Node node in _alignment.Members[m].Network.Nodes)
            {
                bool isShared = _baseOf[m].TryGetValue(node, out Node? shared);
                if ((isShared && !IsCommon(shared!)) || node.Inputs.Any(behind.Contains))
                {
                    behind.Add(node);
                    if (!isShared)
                        late[m].Add(node);
                }
            }
        }

        return late;
    }

    private void EmitOwn(int member, Func<Node, bool> isDue)
    {
        ZipMember owner = _alignment.Members[member];
        foreach (Node node in owner.Network.Nodes)
        {
            if (_baseOf[member].ContainsKey(node) || !isDue(node))
                continue;
            Layer layer = node.Layer;
            Node[] inputs = [.. node.Inputs];
            for (int i = 0; i < inputs.Length; i++)
            {
                if (!_baseOf[member].TryGetValue(inputs[i], out Node? shared))
                {
                    inputs[i] = _own[member][inputs[i]];
                }
                else if (IsCommon(shared))
                {
                    inputs[i] = _shared[shared];
                }
                else if (FeatureSpaces.IsWeightLayer(layer) && layer is not Conv2d { Groups: > 1 })
                {
                    layer = FoldUnmerge(layer, UnmergeRows(shared, member), MergedLength(shared));
                    inputs[i] = _shared[shared];
                }
                else
                {
                    inputs[i] = EmitUnmerge(shared, member);
                }
            }

            _own[member][node] = Emit(new Node($"{owner.Name}/{node.Name}", layer, inputs), NodeOrigin.Of(member, node));
        }
    }

    private Node EmitShared(Node node)
    {
        Node[] inputs = [.. node.Inputs.Select(input => _structure.Shared.Contains(input) ? _shared[input] : EmitMerge(input))];
        NodeOrigin origin = IsCommon(node) ? NodeOrigin.Of(0, node) : new NodeOrigin([.. Enumerable.Range(0, MemberCount).Select(m => SourceOf(node, m))]);
        return Emit(new Node(node.Name, MergeLayers(node), inputs), origin);
    }

    private NodeOrigin.Source SourceOf(Node node, int member) => new(member, _alignment.CounterpartOf(node, member), MergeRows(node, member));

    private Node Emit(Node node, NodeOrigin origin)
    {
        _origins.Add(node, origin);
        return node;
    }

    /// <summary>The members' own values of a merged feature, unmerged: a gather where U only copies, otherwise a 1×1 convolution.</summary>
    private Node EmitUnmerge(Node shared, int member)
    {
        if (_unmerged.TryGetValue((shared, member), out Node? known))
            return known;
        FeatureMap.Entry[][] rows = UnmergeRows(shared, member);
        bool copies = rows.All(row => row.Length == 1 && row[0].Weight == 1);
        string name = $"{_alignment.Members[member].Name}/{shared.Name}.unmerge";
        Layer layer = copies
            ? new ChannelGather([.. rows.Select(row => row[0].Index)])
            : Mixing(rows, MergedLength(shared), IsMap(shared));
        return _unmerged[(shared, member)] = Emit(new Node(name, layer, _shared[shared]), NodeOrigin.Of(member, _alignment.CounterpartOf(shared, member)));
    }

    /// <summary>Merged features of values that are still separate: Σₘ Mₘ·fₘ. Where a Conv or Linear layer gives the value, M is folded into it.</summary>
    private Node EmitMerge(Node node)
    {
        if (_merged.TryGetValue(node, out Node? known))
            return known;
        var parts = new Node[MemberCount];
        for (int m = 0; m < MemberCount; m++)
        {
            ZipMember member = _alignment.Members[m];
            Node own = _alignment.CounterpartOf(node, m);
            FeatureMap.Entry[][] rows = MergeRows(node, m);
            string name = $"{member.Name}/{node.Name}.merge";
            Node part = own.Layer is Linear or Conv2d { Groups: 1 }
                ? new Node(name, FoldMerge(own.Layer, rows), [.. _own[m][own].Inputs])
                : new Node(name, Mixing(rows, LengthOf(m, own), IsMap(node)), _own[m][own]);
            parts[m] = Emit(part, new NodeOrigin([new NodeOrigin.Source(m, own, rows)]));
        }

        NodeOrigin origin = new([.. Enumerable.Range(0, MemberCount).Select(m => SourceOf(node, m))]);
        return _merged[node] = Emit(new Node($"{node.Name}.merge", new Add(), parts), origin);
    }

    /// <summary>One layer from the members' layers of an aligned node.</summary>
    private Layer MergeLayers(Node node)
    {
        Layer[] layers = [.. Enumerable.Range(0, MemberCount).Select(m => _alignment.CounterpartOf(node, m).Layer)];
        if (IsCommon(node))
            return layers[0];
        switch (layers[0])
        {
            case Conv2d conv when FeatureSpaces.IsDepthwise(conv):
                Tensor depthwise = MergeRowsOf(node, [.. layers.Select(layer => ((Conv2d)layer).Weight)]);
                return new Conv2d(depthwise, MergeBias(node, [.. layers.Select(layer => ((Conv2d)layer).Bias)]), conv.Stride, conv.Padding, conv.Dilation, depthwise[0]);
            case Conv2d conv:
                return conv.With(
                    MergeWeights(node, [.. layers.Select(layer => ((Conv2d)layer).Weight)]),
                    MergeBias(node, [.. layers.Select(layer => ((Conv2d)layer).Bias)]));
            case Linear:
                return new Linear(
                    MergeWeights(node, [.. layers.Select(layer => ((Linear)layer).Weight)]),
                    MergeBias(node, [.. layers.Select(layer => ((Linear)layer).Bias)]));
            case BatchNorm2d norm:
                // The paper squares M for σ², the reference implementation does not; after the BN reset both are forgotten.
                return new BatchNorm2d(
                    MergeRowsOf(node, [.. layers.Select(layer => ((BatchNorm2d)layer).Weight)]),
                    MergeRowsOf(node, [.. layers.Select(layer => ((BatchNorm2d)layer).Bias)]),
                    MergeRowsOf(node, [.. layers.Select(layer => ((BatchNorm2d)layer).Mean)]),
                    MergeRowsOf(node, [.. layers.Select(layer => ((BatchNorm2d)layer).Variance)]),
                    norm.Epsilon);
            case ChannelAffine:
                return new ChannelAffine(
                    MergeRowsOf(node, [.. layers.Select(layer => ((ChannelAffine)layer).Scale)]),
                    MergeRowsOf(node, [.. layers.Select(layer => ((ChannelAffine)layer).Shift)]));
            default:
                return layers[0];
        }
    }

    /// <summary>Σₘ Mₘ·Wₘ·Uₘ per kernel tap (paper, eq. 8). An input that is common to all members has no U.</summary>
    private Tensor MergeWeights(Node node, Tensor[] weights)
    {
        Node input = node.Inputs[0];
        bool isUnmerged = !IsCommon(input);
        int outputs = MergedLength(node), inputs = isUnmerged ? MergedLength(input) : weights[0][1];
        int taps = weights[0].Rank == 4 ? weights[0][2] * weights[0][3] : 1;
        var sum = new double[(long)outputs * inputs * taps];
        for (int m = 0; m < MemberCount; m++)
        {
            FeatureMap.Entry[][] merge = MergeRows(node, m);
            Tensor weight = isUnmerged ? Multiply(weights[m], UnmergeRows(input, m), inputs) : weights[m];
            int rowLength = inputs * taps;
            for (int p = 0; p < outputs; p++)
            {
                Span<double> row = sum.AsSpan(p * rowLength, rowLength);
                foreach (FeatureMap.Entry entry in merge[p])
                    AddScaled(weight.Span.Slice(entry.Index * rowLength, rowLength), entry.Weight, row);
            }
        }

        return weights[0].Rank == 4 ? ToTensor(sum, outputs, inputs, weights[0][2], weights[0][3]) : ToTensor(sum, outputs, inputs);
    }

    /// <summary>Σₘ Mₘ·vₘ along the first dimension.</summary>
    private Tensor MergeRowsOf(Node node, Tensor[] values)
    {
        int outputs = MergedLength(node), rowLength = values[0].Length / values[0][0];
        var sum = new double[outputs * rowLength];
        for (int m = 0; m < MemberCount; m++)
        {
            FeatureMap.Entry[][] merge = MergeRows(node, m);
            for (int p = 0; p < outputs; p++)
            {
                foreach (FeatureMap.Entry entry in merge[p])
                    AddScaled(values[m].Span.Slice(entry.Index * rowLength, rowLength), entry.Weight, sum.AsSpan(p * rowLength, rowLength));
            }
        }

        return ToTensor(sum, [outputs, .. values[0].Shape[1..]]);
    }

    private Tensor? MergeBias(Node node, Tensor?[] biases)
    {
        if (biases.All(bias => bias is null))
            return null;
        return MergeRowsOf(node, [.. biases.Select((bias, m) => bias ?? new Tensor(LengthOf(m, _alignment.CounterpartOf(node, m))))]);
    }

    private static Layer FoldUnmerge(Layer layer, FeatureMap.Entry[][] rows, int merged) => layer switch
    {
        Conv2d conv => conv.With(Multiply(conv.Weight, rows, merged), conv.Bias),
        Linear linear => new Linear(Multiply(linear.Weight, rows, merged), linear.Bias),
        _ => throw new InvalidOperationException($"A {layer.Kind} has no weights to fold the unmerge matrix into."),
    };

    private static Layer FoldMerge(Layer layer, FeatureMap.Entry[][] rows) => layer switch
    {
        Conv2d conv => conv.With(MultiplyLeft(rows, conv.Weight), conv.Bias is null ? null : MultiplyLeft(rows, conv.Bias)),
        Linear linear => new Linear(MultiplyLeft(rows, linear.Weight), linear.Bias is null ? null : MultiplyLeft(rows, linear.Bias)),
        _ => throw new InvalidOperationException($"A {layer.Kind} has no weights to fold the merge matrix into."),
    };

    /// <summary>W·U along the input channels: [outputs, sources, …] → [outputs, merged, …].</summary>
    private static Tensor Multiply(Tensor weight, FeatureMap.Entry[][] unmerge, int merged)
    {
        int outputs = weight[0], sources = weight[1], taps = weight.Rank == 4 ? weight[2] * weight[3] : 1;
        // Features that are reconstructed from many others: whole rows of U are added for one tap after the other.
        var dense = new double[sources][];
        for (int i = 0; i < sources; i++)
        {
            if (unmerge[i].Length <= merged / 4)
                continue;
            dense[i] = new double[merged];
            foreach (FeatureMap.Entry entry in unmerge[i])
                dense[i][entry.Index] += entry.Weight;
        }

        var product = new double[(long)outputs * merged * taps];
        var rows = new double[taps * merged]; // of one output [tap, merged]
        for (int o = 0; o < outputs; o++)
        {
            Array.Clear(rows);
            for (int i = 0; i < sources; i++)
            {
                ReadOnlySpan<float> kernel = weight.Span.Slice((o * sources + i) * taps, taps);
                for (int t = 0; t < taps; t++)
                {
                    Span<double> row = rows.AsSpan(t * merged, merged);
                    if (dense[i] is { } values)
                    {
                        System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(values, kernel[t], row, row);
                        continue;
                    }

                    foreach (FeatureMap.Entry entry in unmerge[i])
                        row[entry.Index] += entry.Weight * kernel[t];
                }
            }

            for (int t = 0; t < taps; t++)
            {
                for (int p = 0; p < merged; p++)
                    product[((long)o * merged + p) * taps + t] = rows[t * merged + p];
            }
        }

        return weight.Rank == 4 ? ToTensor(product, outputs, merged, weight[2], weight[3]) : ToTensor(product, outputs, merged);
    }

    /// <summary>M·W along the output channels.</summary>
    private static Tensor MultiplyLeft(FeatureMap.Entry[][] merge, Tensor weight)
    {
        int rowLength = weight.Length / weight[0];
        var product = new double[merge.Length * rowLength];
        for (int p = 0; p < merge.Length; p++)
        {
            foreach (FeatureMap.Entry entry in merge[p])
                AddScaled(weight.Span.Slice(entry.Index * rowLength, rowLength), entry.Weight, product.AsSpan(p * rowLength, rowLength));
        }

        return ToTensor(product, [merge.Length, .. weight.Shape[1..]]);
    }

    /// <summary>A matrix as a layer of its own: a 1×1 convolution on feature maps, a Linear layer on vectors.</summary>
    private static Layer Mixing(FeatureMap.Entry[][] rows, int inputs, bool isMap)
    {
        var weight = new Tensor(rows.Length, inputs);
        for (int row = 0; row < rows.Length; row++)
        {
            foreach (FeatureMap.Entry entry in rows[row])
                weight.Span[row * inputs + entry.Index] += (float)entry.Weight;
        }

        return isMap ? new Conv2d(weight.Reshape(rows.Length, inputs, 1, 1)) : new Linear(weight);
    }

    /// <summary>Rows of a member's slice of M for the whole value of a node: its own feature indices for every merged feature.</summary>
    private FeatureMap.Entry[][] MergeRows(Node node, int member)
    {
        var rows = new List<FeatureMap.Entry[]>();
        int sourceStart = 0;
        foreach (ChannelSegment segment in _structure.Spaces.LayoutOf(node))
        {
            FeatureMap map = MapOf(segment);
            int offset = map.OffsetOf(member), width = map.Widths[member];
            for (int p = 0; p < map.MergedCount; p++)
            {
                FeatureMap.Entry[] own = [.. map.MergeRow(p).ToArray().Where(entry => entry.Index >= offset && entry.Index < offset + width)];
                for (int r = 0; r < segment.Repeats; r++)
                    rows.Add([.. own.Select(entry => new FeatureMap.Entry(sourceStart + (entry.Index - offset) * segment.Repeats + r, entry.Weight))]);
            }

            sourceStart += width * segment.Repeats;
        }

        return [.. rows];
    }

    /// <summary>Rows of a member's slice of U for the whole value of a node: merged feature indices for every one of its own features.</summary>
    private FeatureMap.Entry[][] UnmergeRows(Node node, int member)
    {
        var rows = new List<FeatureMap.Entry[]>();
        int mergedStart = 0;
        foreach (ChannelSegment segment in _structure.Spaces.LayoutOf(node))
        {
            FeatureMap map = MapOf(segment);
            int offset = map.OffsetOf(member);
            for (int j = 0; j < map.Widths[member]; j++)
            {
                FeatureMap.Entry[] own = map.UnmergeRow(offset + j).ToArray();
                for (int r = 0; r < segment.Repeats; r++)
                    rows.Add([.. own.Select(entry => new FeatureMap.Entry(mergedStart + entry.Index * segment.Repeats + r, entry.Weight))]);
            }

            mergedStart += map.MergedCount * segment.Repeats;
        }

        return [.. rows];
    }

    private FeatureMap MapOf(ChannelSegment segment) => _maps.TryGetValue(segment.Space, out FeatureMap? map)
        ? map
        : throw new ArgumentException($"There is no map for the feature space '{_structure.Spaces[segment.Space].Name}'.");

    /// <summary>Number of merged features of a node's value.</summary>
    private int MergedLength(Node node)
    {
        int length = 0;
        foreach (ChannelSegment segment in _structure.Spaces.LayoutOf(node))
            length += MapOf(segment).MergedCount * segment.Repeats;
        return length;
    }

    private int LengthOf(int member, Node own) => _alignment.Members[member].Network.ShapeOf(own)[0];

    private bool IsMap(Node node) => _alignment.Base.ShapeOf(node).Length == 3;

    private bool IsCommon(Node node)
    {
        foreach (ChannelSegment segment in _structure.Spaces.LayoutOf(node))
        {
            if (!_structure.Spaces[segment.Space].IsInput)
                return false;
        }

        return true;
    }

    private static void AddScaled(ReadOnlySpan<float> values, double factor, Span<double> sum)
    {
        for (int i = 0; i < values.Length; i++)
            sum[i] += factor * values[i];
    }

    private static Tensor ToTensor(ReadOnlySpan<double> values, params ReadOnlySpan<int> shape)
    {
        var tensor = new Tensor(shape);
        for (int i = 0; i < values.Length; i++)
            tensor.Span[i] = (float)values[i];
        return tensor;
    }
}
