namespace ZipIt.Networks;

/// <summary>A tensor that an architecture expects in a checkpoint.</summary>
/// <param name="Name">Name of the tensor, e.g. <c>layer1.0.conv1.weight</c>.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Shape">Its shape.</param>
public sealed record ParameterShape(string Name, ParameterRole Role, IReadOnlyList<int> Shape)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, extent) => product * extent);

    /// <summary>Whether it is learnt; running statistics are not.</summary>
    public bool IsLearnt => Role.IsLearnt();

    internal static ParameterShape ConvWeight(string module, int outputs, int inputs, int kernel) =>
        new(module + ".weight", ParameterRole.Weight, [outputs, inputs, kernel, kernel]);

    internal static ParameterShape Bias(string module, int outputs) => new(module + ".bias", ParameterRole.Bias, [outputs]);

    internal static IEnumerable<ParameterShape> Linear(string module, int outputs, int inputs) =>
        [new(module + ".weight", ParameterRole.Weight, [outputs, inputs]), Bias(module, outputs)];

    internal static IEnumerable<ParameterShape> Norm(string module, int channels) =>
    [
        new(module + ".weight", ParameterRole.NormScale, [channels]),
        new(module + ".bias", ParameterRole.NormShift, [channels]),
        new(module + ".running_mean", ParameterRole.RunningMean, [channels]),
        new(module + ".running_var", ParameterRole.RunningVariance, [channels]),
    ];
}
