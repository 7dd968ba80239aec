using ZipIt.Numerics;


namespace ZipIt.Networks;

/// <summary>Translates a network into the steps of an <see cref="ExecutionPlan"/>, fusing layers whose values nobody else needs.</summary>
internal sealed class PlanBuilder
{
    private readonly Network _network;
    private readonly SessionOptions _options;
    private readonly KernelSet _kernels;
    private readonly IReadOnlyList<IReadOnlyList<Node>> _consumers;
    private readonly HashSet<Node> _visible = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Node> _fused = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Node, Node> _hosts = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Node, PlannedValue> _values = new(ReferenceEqualityComparer.Instance);
    private readonly List<Node> _normalizations = [];
    private readonly List<Func<StepDraft>> _steps = [];
    private readonly bool?[] _isFoldedGather;
    private int _inputs;

    private PlanBuilder(Network network, SessionOptions options, KernelSet kernels)
    {
        (_network, _options, _kernels) = (network, options, kernels);
        _consumers = network.FindConsumers();
        _isFoldedGather = new bool?[network.Nodes.Count];
        foreach (Head head in network.Heads)
            _visible.Add(head.Node);
        foreach (string tap in options.Taps)
            _visible.Add(network[tap]);
    }

    /// <summary>Plans a network.</summary>
    /// <exception cref="KeyNotFoundException">A tap names no node of the network.</exception>
    /// <exception cref="ArgumentException">The network costs more than the options allow.</exception>
    public static ExecutionPlan Build(Network network, SessionOptions options, KernelSet kernels) => new(Draft(network, options, kernels));

    /// <summary>Plans a network without making its steps.</summary>
    /// <inheritdoc cref="Build"/>
    public static PlanDraft Draft(Network network, SessionOptions options, KernelSet kernels) => new PlanBuilder(network, options, kernels).Draft();

    private PlanDraft Draft()
    {
        ChooseHosts();
        foreach (Node node in _network.Nodes)
        {
            if (!_fused.Contains(node))
                Translate(node);
        }

        // Steps are drafted after all values are known: a fused sum may read a value of a node that stands behind the step's first one.
        return new PlanDraft(
            _network,
            _options,
            [.. _steps.Select(make => make())],
            [.. _network.Heads.Select(head => _values[head.Node])],
            [.. _options.Taps.Select(tap => _values[_network[tap]])],
            _normalizations);
    }

    /// <summary>
    /// Chooses for each sum of two values the convolution that shall add the other one to its own: the one that is farther from the input,
    /// because the other value is there sooner.
    /// </summary>
    private void ChooseHosts()
    {
        var depths = new int[_network.Nodes.Count];
        for (int i = 0; i < depths.Length; i++)
        {
            Node node = _network.Nodes[i];
            depths[i] = node.Inputs.Count == 0 ? 0 : 1 + node.Inputs.Max(input => depths[_network.IndexOf(input)]);
            if (node.Layer is not Add || node.Inputs.Count != 2)
                continue;
            Node? host = node.Inputs
                .OrderByDescending(input => depths[_network.IndexOf(input)])
                .Select(FindHost)
                .FirstOrDefault(found => found is not null);
            if (host is not null)
                _hosts.Add(node, host);
        }
    }

    /// <summary>The first node of the step whose last node is the given one, if that step can take in more.</summary>
    private Node? FindHost(Node node)
    {
        while (IsHidden(node))
        {
            if (node.Layer is Conv2d or Linear || MeasuresBatch(node))
                return node;
            if (node.Layer is not IAffineLayer)
                return null;
            node = node.Inputs[0];
        }

        return null;
    }

    private void Translate(Node node)
    {
        switch (node.Layer)
        {
            case Input input:
                TranslateInput(node);
                break;
            case Conv2d or Linear:
                TranslateProduct(node);
                break;
            case Activation or IAffineLayer or Add:
                TranslatePointwise(node);
                break;
            case PReLU prelu:
                AddStep(node, (inputs, output) => new PReLUStep(prelu, inputs[0], output, _kernels));
                break;
            case InstanceNorm2d norm:
                AddStep(node, (inputs, output) => new InstanceNormStep(norm, inputs[0], output, _kernels));
                break;
            case Pool2d:
                AddStep(node, (inputs, output) => new PoolStep(node, inputs[0], output, _kernels));
                break;
            case GlobalAveragePool:
                AddStep(node, (inputs, output) => new GlobalPoolStep(inputs[0], output, _kernels));
                break;
            case Concat:
                AddStep(node, (inputs, output) => new ConcatStep(inputs, output));
                break;
            case ChannelGather when IsFoldedGather(node):
                break;
            case ChannelGather gather:
                AddStep(node, (inputs, output) => new GatherStep(gather, inputs[0], output));
                break;
            case Softmax:
                AddStep(node, (inputs, output) => new SoftmaxStep(inputs[0], output, _kernels));
                break;
            case Flatten:
                PlannedValue map = _values[node.Inputs[0]];
                if (map.Pixels == 1 || map.Channels == 1)
                    _values.Add(node, map);
                else
                    AddStep(node, (inputs, output) => new FlattenStep(inputs[0], output));
                break;
            default:
                throw new NotSupportedException($"The CPU engine cannot run node {node}.");
        }
    }

    private void TranslateInput(Node node)
    {
        int index = _inputs++; // nodes and inputs have the same order
        Node last = node;
        List<IAffineLayer> scales = TakeScales(ref last);
        AddStep(node, last, [], (_, output) => new InputStep(index, _options.ChannelsLastInputs, ChannelScale.Of(scales), output, _kernels));
    }

    private void TranslateProduct(Node node)
    {
        Node last = node;
        List<IAffineLayer> scales = TakeScales(ref last);
        Node? other = TakeSum(node, ref last);
        PostOperation operation = TakeActivation(ref last);
        Node input = node.Inputs[0];
        ChannelGather? gather = null;
        if (IsFoldedGather(input))
        {
            gather = (ChannelGather)input.Layer;
            input = input.Inputs[0];
        }

        Node[] inputs = other is null ? [input] : [input, other];
        AddStep(node, last, inputs, (values, output) =>
        {
            Layer layer = gather is null ? node.Layer : GatherFolding.Fold(node.Layer, gather, values[0].Channels);
            if (layer is Linear linear)
                return new ConvolutionStep(new ConvolutionGeometry(linear), new FoldedWeights(linear.Weight, linear.Bias, scales), values, output, operation,
                    _kernels);
            var conv = (Conv2d)layer;
            bool isDepthwise = DepthwiseStep.Fits(conv), isGrouped = conv.Groups > 1;
            if (!isDepthwise)
                conv = GroupJoining.Join(conv, _kernels.Lanes);
            var weights = new FoldedWeights(conv.Weight, conv.Bias, scales);
            var geometry = new ConvolutionGeometry(node, conv, values[0], output);
            if (isDepthwise)
                return new DepthwiseStep(geometry, weights, values, output, operation, _kernels);
            return !isGrouped && WinogradStep.ChooseTile(geometry, _kernels) is { } tile
                ? new WinogradStep(geometry, tile, weights, values, output, operation, _kernels)
                : new ConvolutionStep(geometry, weights, values, output, operation, _kernels);
        });
    }

    /// <summary>A step of any number of scales, then a sum, then an activation, of which the node is the first.</summary>
    private void TranslatePointwise(Node node)
    {
        Node last = node;
        PlannedValue[] awaited = [];
        int normalization = -1;
        var scales = new List<IAffineLayer>();
        Node[] inputs = [node.Inputs[0]];
        PostOperation operation = PostOperation.None;
        if (MeasuresBatch(node))
        {
            normalization = _normalizations.Count;
            awaited = [MeasureBatch(node)];
        }
        else if (node.Layer is IAffineLayer affine)
        {
            scales.Add(affine);
            scales.AddRange(TakeScales(ref last));
        }

        if (node.Layer is Add)
            inputs = [.. node.Inputs];
        else if (normalization >= 0 && TakeSum(node, ref last) is { } other)
            inputs = [node.Inputs[0], other];

        operation = node.Layer is Activation activation ? ActivationOperations.Of(activation) : TakeActivation(ref last);
        AddStep(node, last, inputs, (values, output) => new PointwiseStep(values, output, ChannelScale.Of(scales), normalization, operation, _kernels),
            awaited);
    }

    /// <summary>Adds the steps that measure a batch; the returned value, which holds nothing, is there when they are done.</summary>
    private PlannedValue MeasureBatch(Node node)
    {
        int normalization = _normalizations.Count;
        _normalizations.Add(node);
        PlannedValue input = _values[node.Inputs[0]];
        var sums = new PlannedValue(0, 0, 0);
        var done = new PlannedValue(0, 0, 0);
        _steps.Add(() => new StepDraft(node, node.Layer, [input], sums, [], _ => new BatchSumsStep(input, sums, normalization)));
        _steps.Add(() => new StepDraft(
            node, node.Layer, [input, sums], done, [], _ => new BatchStatisticsStep(input, sums, done, normalization, (BatchNorm2d)node.Layer)));
        return done;
    }

    /// <summary>Fuses the scales behind a node, and goes on to the last of them.</summary>
    private List<IAffineLayer> TakeScales(ref Node last)
    {
        var scales = new List<IAffineLayer>();
        while (NextOf(last) is { Layer: IAffineLayer affine } next && !MeasuresBatch(next))
        {
            scales.Add(affine);
            last = Fuse(next);
        }

        return scales;
    }

    /// <summary>Fuses the sum behind a step if it was given to that step, and goes on to it; returns the other summand.</summary>
    private Node? TakeSum(Node first, ref Node last)
    {
        if (NextOf(last) is not { Layer: Add } sum || !_hosts.TryGetValue(sum, out Node? host) || !ReferenceEquals(host, first))
            return null;
        Node other = ReferenceEquals(sum.Inputs[0], last) ? sum.Inputs[1] : sum.Inputs[0];
        last = Fuse(sum);
        return other;
    }

    private PostOperation TakeActivation(ref Node last)
    {
        if (NextOf(last) is not { Layer: Activation activation } next)
            return PostOperation.None;
        last = Fuse(next);
        return ActivationOperations.Of(activation);
    }

    /// <summary>The only node that needs a node's value; null if there are others, or if it is read from outside.</summary>
    private Node? NextOf(Node node) => IsHidden(node) ? _consumers[_network.IndexOf(node)][0] : null;

    /// <summary>Whether a gather disappears in the weights of the layers that read it.</summary>
    private bool IsFoldedGather(Node node)
    {
        if (node.Layer is not ChannelGather gather || _visible.Contains(node))
            return false;
        int index = _network.IndexOf(node);
        return _isFoldedGather[index] ??= _consumers[index].All(reader => GatherFolding.Pays(reader.Layer, gather, _network.ShapeOf(node.Inputs[0])[0]));
    }

    private bool IsHidden(Node node) => !_visible.Contains(node) && _consumers[_network.IndexOf(node)].Count == 1;

    private bool MeasuresBatch(Node node) => _options.BatchStatistics && node.Layer is BatchNorm2d;

    private Node Fuse(Node node)
    {
        _fused.Add(node);
        return node;
    }

    private void AddStep(Node node, Func<PlannedValue[], PlannedValue, Step> make) => AddStep(node, node, [.. node.Inputs], make);

    /// <summary>Adds a step.</summary>
    /// <param name="first">Its first node, whose layer says what it costs.</param>
    /// <param name="last">Its last node, whose value it gives.</param>
    /// <param name="inputs">The nodes whose values it reads.</param>
    /// <param name="make">Makes it from the values that it reads and writes.</param>
    /// <param name="awaited">Values that must be there before it, though it does not read them.</param>
    private void AddStep(Node first, Node last, Node[] inputs, Func<PlannedValue[], PlannedValue, Step> make, params PlannedValue[] awaited)
    {
        ReadOnlySpan<int> shape = _network.ShapeOf(last);
        PlannedValue output = shape.Length == 3 ? new PlannedValue(shape[0], shape[1], shape[2]) : new PlannedValue(shape[0], 1, 1);
        _values.Add(last, output);
        _steps.Add(() => new StepDraft(last, first.Layer, [.. inputs.Select(input => _values[input])], output, awaited,
            draft => make(draft.Inputs, draft.Output)));
    }
}
