namespace ZipIt.Numerics;

/// <summary>The functions of a <see cref="PostOperation"/>.</summary>
internal enum PostOperationKind
{
    None,
    Relu,
    Clip,
    Leaky,
    Tanh,
    Sigmoid,
    Silu,
    Gelu,
    GeluTanh,
    HardSwish,
    Elu,
}
