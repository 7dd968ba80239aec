namespace ZipIt.Networks.Kernels;

/// <summary>What happens to a value before it is stored.</summary>
/// <param name="Kind">The function.</param>
/// <param name="First">Lower bound of <see cref="PostOperationKind.Clip"/>, slope of <see cref="PostOperationKind.Leaky"/>.</param>
/// <param name="Second">Upper bound of <see cref="PostOperationKind.Clip"/>.</param>
internal readonly record struct PostOperation(PostOperationKind Kind, float First = 0, float Second = 0)
{
    /// <summary>Values stay as they are.</summary>
    public static PostOperation None => default;

    /// <summary>The operation of an activation layer.</summary>
    public static PostOperation Of(Activation activation) => activation switch
    {
        ReLU => new(PostOperationKind.Relu),
        Clip clip => new(PostOperationKind.Clip, clip.Lower, clip.Upper),
        LeakyReLU leaky => new(PostOperationKind.Leaky, leaky.NegativeSlope),
        Tanh => new(PostOperationKind.Tanh),
        Sigmoid => new(PostOperationKind.Sigmoid),
        SiLU => new(PostOperationKind.Silu),
        GELU { TanhApproximation: false } => new(PostOperationKind.Gelu),
        GELU => new(PostOperationKind.GeluTanh),
        _ => throw new NotSupportedException($"The CPU engine has no activation {activation.Kind}."),
    };
}
