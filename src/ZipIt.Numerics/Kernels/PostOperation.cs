namespace ZipIt.Numerics;

/// <summary>What happens to a value before it is stored.</summary>
/// <param name="Kind">The function.</param>
/// <param name="First">Lower bound of <see cref="PostOperationKind.Clip"/>, slope of <see cref="PostOperationKind.Leaky"/>, alpha of
/// <see cref="PostOperationKind.Elu"/>.</param>
/// <param name="Second">Upper bound of <see cref="PostOperationKind.Clip"/>.</param>
internal readonly record struct PostOperation(PostOperationKind Kind, float First = 0, float Second = 0)
{
    /// <summary>Values stay as they are.</summary>
    public static PostOperation None => default;
}
