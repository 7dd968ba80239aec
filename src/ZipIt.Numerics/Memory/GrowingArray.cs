namespace ZipIt.Numerics;

/// <summary>Memory that is used again and again for what is needed for a moment, and made anew when it is too short.</summary>
internal static class GrowingArray
{
    /// <summary>Room for some values, of any content.</summary>
    /// <param name="memory">The memory; null at first.</param>
    /// <param name="count">Number of values.</param>
    public static Span<T> Take<T>(ref T[]? memory, int count)
    {
        if (memory is null || memory.Length < count)
            memory = new T[count];
        return memory.AsSpan(0, count);
    }
}
