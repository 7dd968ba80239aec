using TorchSharp;
using ZipIt.Networks;

namespace ZipIt.TorchSharp;

/// <summary>
/// A network as a live module of TorchSharp, for fine-tuning or for use in an application that has modules: images [batch, channels, height, width] → one
/// tensor for each output.
/// </summary>
/// <remarks>
/// Weights, biases, slopes, and scales and shifts of normalizations are parameters that take gradients; running statistics and constants are buffers. Their
/// names in <c>state_dict</c> are those of a checkpoint, e.g. <c>layer1.0.conv1.weight</c>. A new module is in training mode, as all of TorchSharp's are:
/// call <c>eval()</c> before it predicts. <see cref="ToNetwork"/> gives the network with the present weights back.
/// </remarks>
public sealed class NetworkModule : torch.nn.Module<torch.Tensor, IReadOnlyList<torch.Tensor>>
{
    private readonly Network _network;
    private readonly LayerModule?[] _layers; // by node; null for the input

    /// <summary>Makes a module of a network, with copies of its weights.</summary>
    /// <param name="network">The network, with one input; for example that of a zipped model.</param>
    /// <exception cref="ArgumentException">The network has several inputs.</exception>
    /// <exception cref="NotSupportedException">
    /// A layer has no counterpart in libtorch, and the message names the nodes; or libtorch cannot be loaded, and the message says whether its package is
    /// missing, or a library of the system is too old.
    /// </exception>
    public NetworkModule(Network network)
        : base(Check(network))
    {
        _network = network;
        _layers = [.. network.Nodes.Select(node => node.Layer is Input ? null : new LayerModule(node.Layer))];
        var paths = new Dictionary<string, torch.nn.Module>(StringComparer.Ordinal) { [""] = this };
        for (int i = 0; i < _layers.Length; i++)
        {
            if (_layers[i] is { HasTensors: true } layer)
                Register(paths, network.Nodes[i].Name, layer);
        }
    }

    /// <summary>Names of the outputs, in the order in which <see cref="forward"/> gives them.</summary>
    public IReadOnlyList<string> HeadNames => [.. _network.Heads.Select(head => head.Name)];

    /// <summary>Runs the network.</summary>
    /// <param name="input">Images [batch, channels, height, width], as the network takes them, on the module's device.</param>
    /// <returns>One tensor for each output, in the order of <see cref="HeadNames"/>.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public override IReadOnlyList<torch.Tensor> forward(torch.Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        CheckShape(input.shape);
        using DisposeScope scope = torch.NewDisposeScope();
        var values = new torch.Tensor[_network.Nodes.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = _layers[i]?.Apply([.. _network.Nodes[i].Inputs.Select(node => values[_network.IndexOf(node)])]) ?? input;
        return [.. _network.Heads.Select(head => values[_network.IndexOf(head.Node)].alias().MoveToOuterDisposeScope())];
    }

    /// <summary>The network with the present weights and running statistics.</summary>
    public Network ToNetwork() => _network.Replace(node => _layers[_network.IndexOf(node)] is { HasTensors: true } layer ? layer.ToLayer() : node.Layer);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing)
            return;
        foreach (LayerModule? layer in _layers)
            layer?.Dispose();
    }

    private static string Check(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (network.Inputs.Count != 1)
            throw new ArgumentException($"Expected a network with one input, found {network.Inputs.Count}.", nameof(network));
        LayerFunctions.Check(network);
        LibTorch.Load();
        return nameof(NetworkModule);
    }

    private void CheckShape(long[] found)
    {
        int[] expected = _network.ShapeOf(_network.Inputs[0]).ToArray();
        if (found.Length != 4 || !found.Skip(1).SequenceEqual(expected.Select(extent => (long)extent)))
            throw new ArgumentException($"Expected images of shape [batch, {string.Join(", ", expected)}], found [{string.Join(", ", found)}].", "input");
    }

    /// <summary>Registers a layer under its path, e.g. <c>layer1.0.conv1</c>; a name that is a path already gets underscores.</summary>
    private static void Register(Dictionary<string, torch.nn.Module> paths, string name, LayerModule layer)
    {
        string[] parts = [.. name.Split('.').Select(part => part.Length == 0 ? "_" : part)];
        string path = "";
        torch.nn.Module parent = paths[path];
        foreach (string part in parts[..^1])
        {
            path = Join(path, part);
            if (!paths.TryGetValue(path, out torch.nn.Module? group))
            {
                paths.Add(path, group = new GroupModule(part));
                parent.register_module(part, group);
            }

            parent = group;
        }

        string last = parts[^1];
        while (paths.ContainsKey(Join(path, last)))
            last += "_";
        paths.Add(Join(path, last), layer);
        parent.register_module(last, layer);

        static string Join(string path, string part) => path.Length == 0 ? part : $"{path}.{part}";
    }
}
