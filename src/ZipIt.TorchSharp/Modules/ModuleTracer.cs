using TorchSharp;
using ZipIt.Networks;

namespace ZipIt.TorchSharp;

/// <summary>Reads a network from a module by running it once on images of noise, and looking on whenever one of its parts is called.</summary>
internal sealed class ModuleTracer
{
    private readonly torch.nn.Module<torch.Tensor, torch.Tensor> _module;
    private readonly TracedFunctions _functions;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<torch.nn.Module> _unused = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<torch.nn.Module> _open = new(); // known modules that are running
    private string _last = "the input";
    private TracedValue? _taken;

    private ModuleTracer(torch.nn.Module<torch.Tensor, torch.Tensor> module)
    {
        _module = module;
        _functions = new TracedFunctions(FindFreeName);
    }

    /// <summary>Reads a module.</summary>
    /// <param name="module">The module, in evaluation mode.</param>
    /// <param name="images">Images of noise [batch, channels, height, width], where and of what type the module takes them.</param>
    /// <param name="headName">Name of the output.</param>
    /// <exception cref="NotSupportedException">Something cannot be followed; the message names it.</exception>
    public static Network Trace(torch.nn.Module<torch.Tensor, torch.Tensor> module, torch.Tensor images, string headName)
    {
        var tracer = new ModuleTracer(module);
        try
        {
            return tracer.Run(images, headName);
        }
        finally
        {
            tracer._functions.Dispose();
        }
    }

    private Network Run(torch.Tensor images, string headName)
    {
        var remove = new List<Action>();
        try
        {
            foreach ((string name, torch.nn.Module part) in _module.named_modules())
            {
                bool isKnown = ModuleLayers.IsKnown(part);
                if (!isKnown && part.named_parameters(false).Any())
                    throw ModuleLayers.Refuse(name, part, "has weights of its own that it uses in functions");
                if (part is not torch.nn.Module<torch.Tensor, torch.Tensor> callable)
                    continue;
                if (isKnown && !ModuleLayers.PassesThrough(part))
                    _unused.Add(part);
                var before = callable.register_forward_pre_hook((_, input) => Enter(name, part, input));
                var after = callable.register_forward_hook((_, _, output) => Leave(name, part, output));
                remove.Add(before.remove);
                remove.Add(after.remove);
            }

            long[] shape = images.shape;
            _functions.Know(new Node(FindFreeName("input"), new Input((int)shape[1], (int)shape[2], (int)shape[3])), images);
            using torch.Tensor output = _module.call(images);
            TracedValue result = _functions.Explain(output) ?? throw Lost("the output");
            if (_unused.Count > 0)
            {
                string name = _module.named_modules().First(part => _unused.Contains(part.module)).name;
                throw new NotSupportedException(
                    $"The module '{name}' was not called. If its weights matter, it was run by forward(…), which nobody can watch: write call(…) instead.");
            }

            return new Network(new Head(headName, result.Node));
        }
        finally
        {
            foreach (Action action in remove)
                action();
        }
    }

    private torch.Tensor Enter(string name, torch.nn.Module part, torch.Tensor input)
    {
        if (_open.Count > 0)
            return input;
        if (!ModuleLayers.IsKnown(part))
            return input;
        _open.Push(part);
        _taken = _functions.Explain(input) ?? throw Lost($"'{name}'");
        return input;
    }

    private torch.Tensor Leave(string name, torch.nn.Module part, torch.Tensor output)
    {
        if (_open.TryPeek(out torch.nn.Module? open))
        {
            if (!ReferenceEquals(open, part))
                return output;
            _open.Pop();
            _unused.Remove(part);
            _last = $"'{name}'";
            TracedValue input = _taken!;
            if (ModuleLayers.Read(part, name, input.Shape) is not { } layer)
                return output;
            input.IsTaken = true;
            _functions.Know(new Node(FindFreeName(name), layer, input.Node), output);
            return output;
        }

        // What a group of modules gives is known to be something, which keeps the functions between two known values few.
        if (output.dim() is 2 or 4)
            _functions.Explain(output);
        return output;
    }

    private NotSupportedException Lost(string place) => new(
        $"What happens between {_last} and {place} cannot be followed: no sum, activation, pooling, flattening or concatenation of what is known gives "
        + "these values. Make it a module of a known type, or save the weights and read them with an architecture.");

    private string FindFreeName(string name)
    {
        string free = name;
        for (int i = 2; !_names.Add(free); i++)
            free = $"{name}_{i}";
        return free;
    }
}
