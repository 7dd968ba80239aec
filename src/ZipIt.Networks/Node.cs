namespace ZipIt.Networks;

/// <summary>One step of a <see cref="Network"/>: a layer and the nodes whose values it takes.</summary>
public sealed class Node
{
    /// <summary>Makes a node.</summary>
    /// <param name="name">Name, unique within its network.</param>
    /// <param name="layer">What the node computes.</param>
    /// <param name="inputs">The nodes whose values it takes, in order.</param>
    /// <exception cref="ArgumentException">The name is empty, or the layer takes another number of inputs.</exception>
    public Node(string name, Layer layer, params ReadOnlySpan<Node> inputs)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(layer);
        bool fits = layer.InputCount is { } count ? inputs.Length == count : inputs.Length >= 2;
        if (!fits)
            throw new ArgumentException($"Node '{NameList.Shorten(name)}' ({layer.Kind}) takes {layer.InputCount?.ToString() ?? "two or more"} inputs, found {inputs.Length}.", nameof(inputs));
        Name = name;
        Layer = layer;
        Inputs = inputs.ToArray();
    }

    /// <summary>Name, unique within its network. Layers with weights carry the name of their module in the checkpoint.</summary>
    public string Name { get; }

    /// <summary>What the node computes.</summary>
    public Layer Layer { get; }

    /// <summary>The nodes whose values it takes, in order.</summary>
    public IReadOnlyList<Node> Inputs { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{NameList.Shorten(Name)} ({Layer.Kind})";
}
