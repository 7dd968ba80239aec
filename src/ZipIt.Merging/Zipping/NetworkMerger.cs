using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Builds the zipped network from the members and the maps: W* = Σₘ Mₘ·Wₘ·Uₘ for every shared layer that mixes channels (paper, eq. 8), per-channel parameters
/// through M, and between the shared part and the tails U, folded into the weights that read it wherever possible. What the tensors of a layer are, the layer
/// itself declares.
/// </summary>
internal sealed class NetworkMerger
{
    private readonly ZipStructure _structure;
    private readonly NetworkAlignment _alignment;
    private readonly NodeMaps _maps;
    private readonly int _threads;
    private readonly BlankTensors? _blanks; // stand for all weights of an outline
    private readonly NetworkRewriter _shared; // of the first member: its shared nodes become those of the zipped network
    private readonly NetworkRewriter[] _tails; // of each member: its other nodes become its tail
    private readonly Dictionary<Node, NodeOrigin> _origins = new(ReferenceEqualityComparer.Instance);

    private NetworkMerger(ZipStructure structure, NodeMaps maps, int threads, BlankTensors? blanks = null)
    {
        (_structure, _maps, _threads, _blanks) = (structure, maps, threads, blanks);
        _alignment = structure.Alignment;
        _shared = new NetworkRewriter(_alignment.Base);
        _tails = [.. _alignment.Members.Select(member => new NetworkRewriter(member.Network, name => $"{member.Name}/{name}"))];
    }

    private IEnumerable<int> Members => Enumerable.Range(0, _alignment.Members.Count);

    /// <summary>Builds the zipped network.</summary>
    /// <param name="structure">What is shared.</param>
    /// <param name="maps">Merge and unmerge matrices of <see cref="ZipStructure.MergedSpaces"/>, by the index of the space.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public static MergedNetwork Merge(ZipStructure structure, IReadOnlyDictionary<int, FeatureMap> maps, int threads) =>
        new NetworkMerger(structure, NodeMaps.Of(structure.Spaces, maps), threads).Merge();

    /// <summary>Nodes and shapes of the zipped network as soon as the widths of its spaces are known: all weights are zeros, which take no memory.</summary>
    /// <param name="structure">What is shared.</param>
    /// <param name="widths">Number of merged features of <see cref="ZipStructure.MergedSpaces"/>, by the index of the space.</param>
    public static MergedNetwork Outline(ZipStructure structure, IReadOnlyDictionary<int, int> widths) =>
        new NetworkMerger(structure, NodeMaps.OfWidths(structure, widths), 1, new BlankTensors()).Merge();

    private MergedNetwork Merge()
    {
        RewriteShared();
        foreach (int m in Members)
            RewriteTail(m);

        // The rewriters make what they are asked for, and ask each other: a late start needs tails, tails need the shared part.
        var heads = new List<Head>();
        foreach (int m in Members)
        {
            ZipMember member = _alignment.Members[m];
            foreach (Head head in member.Network.Heads)
                heads.Add(new Head(member.NameOf(head), _structure.SharedOf(m).TryGetValue(head.Node, out Node? shared)
                    ? _shared[shared]
                    : _tails[m][head.Node]));
        }

        var network = new Network([.. heads]);
        foreach (Node node in _structure.Shared)
            _origins.Add(_shared[node], IsCommon(node) ? NodeOrigin.Of(0, node) : MergedOrigin(node));
        foreach (int m in Members)
        {
            foreach (Node node in _alignment.Members[m].Network.Nodes.Where(node => !_structure.SharedOf(m).ContainsKey(node)))
                _origins.Add(_tails[m][node], NodeOrigin.Of(m, node));
        }

        return new MergedNetwork(network, _origins);
    }

    private void RewriteShared()
    {
        foreach (Node node in _structure.Shared)
        {
            _shared.Replace(node, MergeLayers(node));
            foreach (Node input in node.Inputs.Where(input => !_structure.Shared.Contains(input)))
                _shared.Splice(input, () => EmitMerge(input));
        }
    }

    private void RewriteTail(int member)
    {
        ZipMember owner = _alignment.Members[member];
        foreach (Node node in owner.Network.Nodes)
        {
            if (_structure.SharedOf(member).TryGetValue(node, out Node? shared))
            {
                // Layers that can take U in do so; it is a node of its own for the others.
                _tails[member].Splice(node, () => IsCommon(shared) ? _shared[shared] : EmitUnmerge(shared, member));
            }
            else if (node.Layer.Flow == ChannelFlow.Mix && _structure.SharedOf(member).TryGetValue(node.Inputs[0], out Node? input) && !IsCommon(input))
            {
                SparseRows unmerge = _maps.UnmergeOf(input, member);
                Layer layer = Remake(node.Layer, parameter => parameter.InputAxis is { } axis ? Unmerge(parameter.Value!, unmerge, axis) : parameter.Value);
                _tails[member].Splice(node, () => new Node($"{owner.Name}/{node.Name}", layer, _shared[input]));
            }
        }
    }

    /// <summary>The members' own values of a merged feature, unmerged: a gather where U only copies, otherwise a 1×1 convolution.</summary>
    private Node EmitUnmerge(Node shared, int member)
    {
        SparseRows rows = _maps.UnmergeOf(shared, member);
        Layer layer = rows.FindCopies() is { } sources ? new ChannelGather(sources) : rows.ToLayer(IsMap(shared));
        return Emit(new Node($"{_alignment.Members[member].Name}/{shared.Name}.unmerge", layer, _shared[shared]),
            NodeOrigin.Of(member, _alignment.CounterpartOf(shared, member)));
    }

    /// <summary>Merged features of values that are still separate: Σₘ Mₘ·fₘ. Where a layer that mixes channels gives the value, M is folded into it.</summary>
    private Node EmitMerge(Node node)
    {
        Node[] parts = [.. Members.Select(m =>
        {
            Node own = _alignment.CounterpartOf(node, m);
            SparseRows merge = _maps.MergeOf(node, m);
            string name = $"{_alignment.Members[m].Name}/{node.Name}.merge";
            Node part = own.Layer.Flow == ChannelFlow.Mix
                ? new Node(name, Remake(own.Layer, parameter => parameter is { Value: { } value, OutputAxis: { } axis }
                    ? Merge(value, merge, axis)
                    : parameter.Value), _tails[m][own.Inputs[0]])
                : new Node(name, merge.ToLayer(IsMap(node)), _tails[m][own]);
            return Emit(part, new NodeOrigin([SourceOf(node, m)]));
        })];
        return Emit(new Node($"{node.Name}.merge", new Add(), parts), MergedOrigin(node));
    }

    /// <summary>One layer from the members' layers of an aligned node.</summary>
    private Layer MergeLayers(Node node)
    {
        Layer[] layers = [.. Members.Select(m => _structure.LayerOf(node, m))];
        if (IsCommon(node))
            return layers[0];
        IReadOnlyList<LayerParameter>[] parameters = [.. layers.Select(layer => layer.Parameters)];
        return layers[0].WithParameters([.. Enumerable.Range(0, parameters[0].Count)
            .Select(i => MergeParameters(node, [.. parameters.Select(own => own[i])]))]);
    }

    /// <summary>
    /// Σₘ Mₘ·Wₘ·Uₘ: M along the output channels, U along the input channels, for every other place of the tensor (paper, eq. 8). An input that is common to all
    /// members has no U, and a tensor per channel has none either. Tensors that only some members have are zeros in the others.
    /// </summary>
    private Tensor? MergeParameters(Node node, LayerParameter[] parameters)
    {
        double[]? sum = null;
        int[] shape = [];
        for (int m = 0; m < parameters.Length; m++)
        {
            if (parameters[m].Value is not { } value)
                continue;
            int axis = parameters[m].OutputAxis!.Value; // without one the channels would have no map
            if (parameters[m].InputAxis is { } inputAxis && !IsCommon(node.Inputs[0]))
                value = Unmerge(value, _maps.UnmergeOf(node.Inputs[0], m), inputAxis);
            SparseRows merge = _maps.MergeOf(node, m);
            shape = SparseRows.ShapeWith(value, axis, merge.Length);
            if (_blanks is not null)
                return _blanks.Get(shape);
            sum ??= new double[SparseRows.CountElements(shape)];
            merge.AddProduct(value, axis, sum, _threads);
        }

        return sum is null ? null : SparseRows.ToTensor(sum, shape);
    }

    /// <summary>M·W.</summary>
    private Tensor Merge(Tensor value, SparseRows merge, int axis) => _blanks?.Get(SparseRows.ShapeWith(value, axis, merge.Length))
        ?? merge.Multiply(value, axis, _threads);

    /// <summary>W·U.</summary>
    private Tensor Unmerge(Tensor value, SparseRows unmerge, int axis) =>
        _blanks?.Get(SparseRows.ShapeWith(value, axis, unmerge.Columns)) ?? unmerge.MultiplyFromRight(value, axis, _threads);

    private static Layer Remake(Layer layer, Func<LayerParameter, Tensor?> change) => layer.WithParameters([.. layer.Parameters.Select(change)]);

    private NodeOrigin MergedOrigin(Node node) => new([.. Members.Select(m => SourceOf(node, m))]);

    private NodeOrigin.Source SourceOf(Node node, int member) => new(member, _alignment.CounterpartOf(node, member), _maps.MergeOf(node, member));

    private Node Emit(Node node, NodeOrigin origin)
    {
        _origins.Add(node, origin);
        return node;
    }

    private bool IsMap(Node node) => _alignment.Base.ShapeOf(node).Length == 3;

    private bool IsCommon(Node node) => _structure.Spaces.IsImage(node);
}
