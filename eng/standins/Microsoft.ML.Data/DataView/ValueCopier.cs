namespace Microsoft.ML.Data;

/// <summary>Copies raw values so that the copy shares no buffers with the original.</summary>
internal static class ValueCopier<T>
{
    /// <summary>The copying of values of type <typeparamref name="T"/>.</summary>
    public static readonly CopyDelegate Copy = Make();

    /// <summary>Copies a value, reusing the buffers of <paramref name="destination"/>.</summary>
    public delegate void CopyDelegate(in T source, ref T destination);

    private static CopyDelegate Make()
    {
        if (!typeof(T).IsGenericType || typeof(T).GetGenericTypeDefinition() != typeof(VBuffer<>))
            return (in T source, ref T destination) => destination = source;
        return (CopyDelegate)Generic.Method(typeof(VectorCopying), nameof(VectorCopying.Make), typeof(T).GetGenericArguments()[0]).Invoke(null);
    }
}

/// <summary>Copies vectors.</summary>
internal static class VectorCopying
{
    public static ValueCopier<VBuffer<TItem>>.CopyDelegate Make<TItem>() =>
        (in VBuffer<TItem> source, ref VBuffer<TItem> destination) => source.CopyTo(ref destination);
}
