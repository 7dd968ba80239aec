namespace ZipIt.Networks;

/// <summary>
/// What one node of a <see cref="Network"/> computes: weights and attributes, no code that runs. The hierarchy is closed:
/// every visitor (<see cref="ShapeInference"/>, <see cref="NetworkCost"/>, the engine, the merger) switches over all of it.
/// </summary>
/// <remarks>
/// Shapes in the documentation of the layers leave the batch out: a feature map is [channels, height, width], a vector [features].
/// </remarks>
public abstract record Layer
{
    private protected Layer()
    {
    }

    /// <summary>Name of the kind of layer as messages show it, e.g. <c>Conv2d</c>.</summary>
    public string Kind => GetType().Name;

    /// <summary>Number of inputs that a node with this layer takes; null for any number above one.</summary>
    internal virtual int? InputCount => 1;

    private protected static void CheckVector(Tensor tensor, int length, string name)
    {
        if (!tensor.HasShape(length))
            throw new ArgumentException($"Expected {name} of shape [{length}], found {tensor}.", name);
    }
}
