using TorchSharp;
using ZipIt.Networks;

namespace ZipIt.TorchSharp;

/// <summary>
/// A network as a list of calls, with its weights where it runs. Normalizations are multiplied into the weights before them; activations and sums that are
/// the only ones to need a value take its memory.
/// </summary>
internal sealed class TorchPlan : IDisposable
{
    private readonly Network _network;
    private readonly SessionOptions _options;
    private readonly torch.ScalarType _type;
    private readonly bool _isChannelsLast;
    private readonly torch.Device _device;
    private readonly IReadOnlyList<IReadOnlyList<Node>> _consumers;
    private readonly HashSet<Node> _visible = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Node> _fused = new(ReferenceEqualityComparer.Instance);
    private readonly int[] _valueOf;
    private readonly bool[] _isFresh;
    private readonly List<TorchStep> _steps = [];
    private readonly List<torch.Tensor> _weights = [];

    /// <summary>Plans a network.</summary>
    /// <exception cref="NotSupportedException">A layer is not known; the message names the nodes.</exception>
    /// <exception cref="KeyNotFoundException">A tap names no node of the network.</exception>
    public TorchPlan(Network network, SessionOptions options, TorchSharpEngineOptions engineOptions, torch.Device device)
    {
        LayerFunctions.Check(network);
        (_network, _options, _device) = (network, options, device);
        (_type, _isChannelsLast) = (engineOptions.BFloat16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32, engineOptions.ChannelsLast);
        _consumers = network.FindConsumers();
        _visible.UnionWith(network.Heads.Select(head => head.Node));
        _visible.UnionWith(options.Taps.Select(tap => network[tap]));
        _valueOf = [.. Enumerable.Range(0, network.Nodes.Count)];
        _isFresh = new bool[network.Nodes.Count];
        try
        {
            foreach (Node node in network.Nodes)
            {
                if (node.Layer is not Input && !_fused.Contains(node))
                    Translate(node);
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        Release();
    }

    /// <summary>The calls in their order.</summary>
    public IReadOnlyList<TorchStep> Steps => _steps;

    /// <summary>Index of the value of a node: that of the last node that was fused with it.</summary>
    public int ValueOf(Node node) => _valueOf[_network.IndexOf(node)];

    /// <summary>Whether the statistics of the batch are measured at a node.</summary>
    public bool MeasuresBatch(Node node) => _options.BatchStatistics && node.Layer is BatchNorm2d;

    public void Dispose()
    {
        foreach (torch.Tensor weight in _weights)
            weight.Dispose();
        _weights.Clear();
    }

    private void Translate(Node node)
    {
        Node last = node;
        Layer layer = node.Layer;
        if (layer is Conv2d or Linear)
        {
            var scales = new List<IAffineLayer>();
            while (NextOf(last) is { Layer: IAffineLayer affine } next && !MeasuresBatch(next))
            {
                scales.Add(affine);
                _fused.Add(last = next);
            }

            if (scales.Count > 0)
            {
                var folded = new FoldedWeights(layer.GetParameter(ParameterRole.Weight)!, layer.GetParameter(ParameterRole.Bias), scales);
                (Tensor weight, Tensor bias) = folded.ToTensors();
                layer = layer.WithParameters(weight, bias);
            }
        }

        int output = _network.IndexOf(last);
        for (Node fused = last; !ReferenceEquals(fused, node); fused = fused.Inputs[0])
            _valueOf[_network.IndexOf(fused.Inputs[0])] = output;
        int[] inputs = [.. node.Inputs.Select(input => _valueOf[_network.IndexOf(input)])];
        bool mayOverwrite = _isFresh[inputs[0]] && NextOf(_network.Nodes[inputs[0]]) is not null;
        LayerFunction function = layer switch
        {
            ReLU when mayOverwrite => (x, _, _) => x[0].relu_().alias(),
            Add when mayOverwrite && inputs.Length == 2 => (x, _, _) => x[0].add_(x[1]).alias(),
            _ => LayerFunctions.Find(layer)!,
        };

        // A flattened map is a view of the map, and all others are values of their own.
        _isFresh[output] = layer is not Flatten;
        torch.Tensor?[] parameters = [.. LayerFunctions.CreateParameters(layer).Select(parameter => parameter.Value is { } value ? Place(value) : null)];
        _steps.Add(new TorchStep(output, inputs, function, parameters));
    }

    /// <summary>The only node that needs a node's value; null if there are others, or if it is read from outside.</summary>
    private Node? NextOf(Node node) => !_visible.Contains(node) && _consumers[_network.IndexOf(node)] is [{ } only] ? only : null;

    /// <summary>Moves a tensor to where the session runs. It stays for the session's life, whatever scope of the caller's is open.</summary>
    private torch.Tensor Place(torch.Tensor tensor)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        scope.Attach(tensor);
        torch.Tensor placed = tensor.dtype == torch.ScalarType.Float32 ? tensor.to(_type, _device) : tensor.to(_device);
        if (_isChannelsLast && placed.dim() == 4)
            placed = TorchTensors.ToChannelsLast(placed);
        _weights.Add(placed.DetachFromDisposeScope());
        return placed;
    }

    /// <summary>Finds for each value the last step that takes it.</summary>
    private void Release()
    {
        var lastUse = new int[_network.Nodes.Count];
        Array.Fill(lastUse, -1);
        for (int i = 0; i < _steps.Count; i++)
        {
            foreach (int input in _steps[i].Inputs)
                lastUse[input] = i;
        }

        var kept = new HashSet<int>(_visible.Select(ValueOf));
        for (int i = 0; i < _steps.Count; i++)
            _steps[i].Released = [.. _steps[i].Inputs.Distinct().Where(input => lastUse[input] == i && !kept.Contains(input))];
    }
}
