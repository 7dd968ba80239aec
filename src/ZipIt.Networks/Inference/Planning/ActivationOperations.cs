using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>The kernels' names for activation layers.</summary>
internal static class ActivationOperations
{
    /// <summary>The operation of an activation layer.</summary>
    public static PostOperation Of(Activation activation) => activation switch
    {
        ReLU => new(PostOperationKind.Relu),
        Clip clip => new(PostOperationKind.Clip, clip.Lower, clip.Upper),
        LeakyReLU leaky => new(PostOperationKind.Leaky, leaky.NegativeSlope),
        Tanh => new(PostOperationKind.Tanh),
        Sigmoid => new(PostOperationKind.Sigmoid),
        SiLU => new(PostOperationKind.Silu),
        HardSwish => new(PostOperationKind.HardSwish),
        ELU elu => new(PostOperationKind.Elu, elu.Alpha),
        GELU { TanhApproximation: false } => new(PostOperationKind.Gelu),
        GELU => new(PostOperationKind.GeluTanh),
        _ => throw new NotSupportedException($"The CPU engine has no activation {activation.Kind}."),
    };
}
