namespace ZipIt.Networks;

/// <summary>
/// What one node of a <see cref="Network"/> computes: weights and attributes, no code that runs. A layer declares how its channels depend on each other
/// (<see cref="Flow"/>) and what its tensors are (<see cref="Parameters"/>); whoever merges, folds, counts or stores layers reads that. The hierarchy is
/// closed: only <see cref="ShapeInference"/>, each engine and each foreign format know all of it.
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

    /// <summary>How its output channels depend on its input channels.</summary>
    public abstract ChannelFlow Flow { get; }

    /// <summary>
    /// Kind and attributes as messages show them, without tensors and widths, e.g. <c>Conv2d 3, stride 1, padding 1, dilation 1, groups 1</c>. Layers of one
    /// signature do the same apart from these, and can be merged.
    /// </summary>
    public abstract string Signature { get; }

    /// <summary>Its tensors, in the order of <see cref="WithParameters"/>.</summary>
    public virtual IReadOnlyList<LayerParameter> Parameters => [];

    /// <summary>Whether it gives means over pixels, in which features are harder to tell from each other than in what it takes.</summary>
    public virtual bool AveragesPixels => false;

    /// <summary>Whether it makes new channels of those that it takes, in groups or all of them.</summary>
    public bool MixesChannels => Flow is ChannelFlow.Mix or ChannelFlow.MixInGroups;

    /// <summary>
    /// Whether it multiplies what it takes by weights, as convolutions and fully connected layers do: the layers that networks are counted by.
    /// </summary>
    public bool HasWeights => Parameters.Any(parameter => parameter.Role == ParameterRole.Weight);

    /// <summary>Number of inputs that a node with this layer takes; null for any number above one.</summary>
    internal virtual int? InputCount => 1;

    /// <summary>The tensor of a role; null if it is absent.</summary>
    /// <exception cref="ArgumentException">The layer has no or several tensors of that role.</exception>
    public Tensor? GetParameter(ParameterRole role) => Parameters.Where(parameter => parameter.Role == role).ToArray() is [{ } only]
        ? only.Value
        : throw new ArgumentException($"A {Kind} has not exactly one {role}.", nameof(role));

    /// <summary>The same layer with other tensors, which may have other numbers of channels.</summary>
    /// <param name="values">One tensor for each of <see cref="Parameters"/>; null where one is absent.</param>
    /// <exception cref="ArgumentException">There are not as many, a tensor is absent that must not, or their shapes do not fit each other.</exception>
    public Layer WithParameters(params ReadOnlySpan<Tensor?> values)
    {
        IReadOnlyList<LayerParameter> parameters = Parameters;
        if (values.Length != parameters.Count)
            throw new ArgumentException($"A {Kind} has {parameters.Count} tensors, found {values.Length}.", nameof(values));
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] is null && !parameters[i].IsOptional)
                throw new ArgumentException($"A {Kind} needs a tensor '{parameters[i].Name}'.", nameof(values));
        }

        return values.IsEmpty ? this : Remake(values);
    }

    /// <summary>Whether another layer has the same kind, attributes and values, so that one of them can stand for both.</summary>
    public bool ComputesSameAs(Layer other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (GetType() != other.GetType())
            return false;
        Tensor?[] own = [.. Parameters.Select(parameter => parameter.Value)], others = [.. other.Parameters.Select(parameter => parameter.Value)];
        if (own.Length != others.Length)
            return false;
        for (int i = 0; i < own.Length; i++)
        {
            bool areEqual = own[i] is { } a ? others[i] is { } b && a.HasShape(b.Shape) && a.Span.SequenceEqual(b.Span) : others[i] is null;
            if (!areEqual)
                return false;
        }

        // With the other's tensors, only the attributes are left to compare.
        return WithParameters(others).Equals(other);
    }

    /// <summary>Multiply-adds for one image: how often each weight is used. A layer that uses its weights otherwise says so here.</summary>
    /// <param name="input">Shape of what it takes first; empty if it takes nothing.</param>
    /// <param name="output">Shape of what it gives.</param>
    internal virtual long CountMultiplyAdds(ReadOnlySpan<int> input, ReadOnlySpan<int> output)
    {
        long pixels = 1;
        foreach (int extent in output[1..])
            pixels *= extent;
        return pixels * Parameters.Where(parameter => parameter.Role == ParameterRole.Weight).Sum(parameter => (long)(parameter.Value?.Length ?? 0));
    }

    /// <summary>Makes the layer that <see cref="WithParameters"/> promises.</summary>
    /// <param name="values">One tensor for each of <see cref="Parameters"/>; null only where one may be absent.</param>
    private protected virtual Layer Remake(ReadOnlySpan<Tensor?> values) =>
        throw new NotSupportedException($"A {Kind} has tensors, but cannot be made with others.");

    private protected static void CheckVector(Tensor tensor, int length, string name)
    {
        if (!tensor.HasShape(length))
            throw new ArgumentException($"Expected {name} of shape [{length}], found {tensor}.", name);
    }
}
