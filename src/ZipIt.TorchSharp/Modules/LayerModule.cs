using TorchSharp;
using ZipIt.Networks;
using Modules = TorchSharp.Modules;

namespace ZipIt.TorchSharp;

/// <summary>
/// One layer of a <see cref="NetworkModule"/>: its tensors by their names in a checkpoint. Learnt ones are parameters, the others (running statistics,
/// constants) are buffers.
/// </summary>
internal sealed class LayerModule : torch.nn.Module
{
    private const string Counter = "num_batches_tracked";

    private readonly Layer _layer;
    private readonly LayerFunction _apply;
    private readonly (string Name, bool IsLearnt, bool IsAbsent)[] _tensors;

    public LayerModule(Layer layer)
        : base(layer.Kind)
    {
        _layer = layer;
        _apply = LayerFunctions.Find(layer)!;
        (string Name, torch.Tensor? Value, bool IsLearnt)[] parameters = LayerFunctions.CreateParameters(layer);
        _tensors = [.. parameters.Select(parameter => (parameter.Name, parameter.IsLearnt, parameter.Value is null))];
        foreach ((string name, torch.Tensor? value, bool isLearnt) in parameters)
        {
            if (value is null)
                continue;
            if (isLearnt)
                register_parameter(name, (Modules.Parameter)torch.nn.Parameter(value).DetachFromDisposeScope());
            else
                register_buffer(name, value.DetachFromDisposeScope());
        }

        if (layer is BatchNorm2d)
            register_buffer(Counter, torch.tensor(0L).DetachFromDisposeScope());
    }

    /// <summary>Whether there is something to register: other layers have no tensors.</summary>
    public bool HasTensors => _tensors.Any(tensor => !tensor.IsAbsent);

    /// <summary>What the layer computes; in training mode, a normalization uses and learns the statistics of the batch.</summary>
    public torch.Tensor Apply(IReadOnlyList<torch.Tensor> inputs)
    {
        if (training && _layer is BatchNorm2d)
        {
            using var noGradients = torch.no_grad();
            get_buffer(Counter)!.add_(1);
        }

        return _apply(inputs, ListTensors(), training);
    }

    /// <summary>The layer with the present values.</summary>
    public Layer ToLayer() => _layer is ChannelGather
        ? _layer
        : _layer.WithParameters([.. ListTensors().Select(tensor => tensor is null ? null : TorchTensors.ToNetworks(tensor))]);

    private torch.Tensor?[] ListTensors() =>
        [.. _tensors.Select(tensor => tensor.IsAbsent ? null : tensor.IsLearnt ? get_parameter(tensor.Name) : get_buffer(tensor.Name))];
}
