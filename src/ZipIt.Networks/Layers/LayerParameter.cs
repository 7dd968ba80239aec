namespace ZipIt.Networks;

/// <summary>A tensor of a layer, and what its axes count.</summary>
/// <remarks>
/// Channels may be mapped to others: where models are merged, tensors become Σₘ Mₘ·Wₘ along their <see cref="ParameterAxis.Output"/> or
/// <see cref="ParameterAxis.Channel"/> axis
/// and Wₘ·Uₘ along their <see cref="ParameterAxis.Input"/> axis, whatever their role.
/// </remarks>
public sealed record LayerParameter
{
    /// <summary>Describes a tensor.</summary>
    /// <param name="name">Name behind that of the module in a checkpoint, e.g. <c>weight</c>.</param>
    /// <param name="role">What it is for.</param>
    /// <param name="value">The tensor; null if it is absent.</param>
    /// <param name="axes">What each of its axes counts; at most one of them outputs or channels, at most one inputs.</param>
    /// <exception cref="ArgumentException">The tensor has another number of axes, or the axes are not as they should be.</exception>
    public LayerParameter(string name, ParameterRole role, Tensor? value, params ReadOnlySpan<ParameterAxis> axes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (value is not null && value.Rank != axes.Length)
            throw new ArgumentException($"Expected a tensor of {axes.Length} axes, found {value}.", nameof(value));
        (Name, Role, Value, Axes) = (name, role, value, axes.ToArray());
        if (Axes.Count(axis => axis is ParameterAxis.Output or ParameterAxis.Channel) > 1 || Axes.Count(axis => axis == ParameterAxis.Input) > 1)
            throw new ArgumentException($"'{name}' has two axes for the same channels: {string.Join(", ", Axes)}.", nameof(axes));
    }

    /// <summary>Name behind that of the module in a checkpoint, e.g. <c>weight</c>.</summary>
    public string Name { get; }

    /// <summary>What the tensor is for.</summary>
    public ParameterRole Role { get; }

    /// <summary>The tensor; null if it is absent, which means the same as zeros.</summary>
    public Tensor? Value { get; }

    /// <summary>Whether the layer can do without it.</summary>
    public bool IsOptional { get; init; }

    /// <summary>What each axis counts.</summary>
    public IReadOnlyList<ParameterAxis> Axes { get; }

    /// <summary>The axis along which the layer's output channels lie; null if there is none.</summary>
    public int? OutputAxis => Find(axis => axis is ParameterAxis.Output or ParameterAxis.Channel);

    /// <summary>The axis along which input channels lie that are mixed into output channels; null if there is none.</summary>
    public int? InputAxis => Find(axis => axis == ParameterAxis.Input);

    private int? Find(Func<ParameterAxis, bool> isWanted)
    {
        for (int i = 0; i < Axes.Count; i++)
        {
            if (isWanted(Axes[i]))
                return i;
        }

        return null;
    }
}
