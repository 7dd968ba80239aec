using System.Runtime.CompilerServices;

namespace ZipIt.Numerics;

/// <summary>Operations that do nothing but bound values, so that kernels can do them before they store a sum.</summary>
/// <param name="Lower">Lower bound.</param>
/// <param name="Upper">Upper bound.</param>
/// <param name="AreAll">Whether the bounds are all of the operation; otherwise there are none, and the operation is still to be done.</param>
internal readonly record struct Bounds(float Lower, float Upper, bool AreAll)
{
    /// <summary>The bounds of an operation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bounds Of(PostOperation operation) => operation.Kind switch
    {
        PostOperationKind.None => new(float.NegativeInfinity, float.PositiveInfinity, true),
        PostOperationKind.Relu => new(0, float.PositiveInfinity, true),
        PostOperationKind.Clip => new(operation.First, operation.Second, true),
        _ => new(float.NegativeInfinity, float.PositiveInfinity, false),
    };
}
