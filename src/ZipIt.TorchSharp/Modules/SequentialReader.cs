using TorchSharp;
using ZipIt.Networks;
using Modules = TorchSharp.Modules;

namespace ZipIt.TorchSharp;

/// <summary>Reads a sequence of modules of known types, which may hold sequences themselves, without running it.</summary>
internal static class SequentialReader
{
    /// <summary>Whether a module and all that it holds is of that kind.</summary>
    public static bool CanRead(torch.nn.Module module) =>
        ModuleLayers.IsKnown(module) || (module.GetType() == typeof(Modules.Sequential) && module.named_children().All(child => CanRead(child.module)));

    /// <summary>Reads the modules one after the other.</summary>
    /// <exception cref="NotSupportedException">The configuration of a module has no counterpart; the message names it.</exception>
    /// <exception cref="ArgumentException">A module does not fit what the one before gives; the message names it.</exception>
    public static Network Read(torch.nn.Module module, ReadOnlySpan<int> imageShape, string headName)
    {
        var node = new Node("input", new Input(imageShape[0], imageShape[1], imageShape[2]));
        int[] shape = imageShape.ToArray();
        Append(module, "", ref node, ref shape);
        return new Network(new Head(headName, node));
    }

    private static void Append(torch.nn.Module module, string name, ref Node node, ref int[] shape)
    {
        if (!ModuleLayers.IsKnown(module))
        {
            foreach ((string part, torch.nn.Module child) in module.named_children())
                Append(child, name.Length == 0 ? part : $"{name}.{part}", ref node, ref shape);
            return;
        }

        if (ModuleLayers.Read(module, name, shape) is not { } layer)
            return;
        node = new Node(name.Length == 0 ? "0" : name, layer, node);
        shape = ShapeInference.Infer(node, [shape]);
    }
}
