namespace ZipIt.Onnx;

/// <summary>
/// Bounds what reading a file may allocate beside the weights that it stores: operators can blow a few bytes up to any size (a constant of 2⁴⁰ zeros, a
/// concatenation with itself, again and again).
/// </summary>
/// <param name="fileLength">Size of the file in bytes.</param>
/// <param name="source">Name of the file for messages.</param>
internal sealed class MemoryBudget(long fileLength, string source)
{
    /// <summary>Most dimensions of a constant: walking over its elements takes time with their number, even if they have one place each.</summary>
    public const int MaximumRank = 8;

    /// <summary>What any file may compute, in elements; one takes up to eight bytes.</summary>
    private const long Free = 6 << 20;

    private readonly long _limit = fileLength / 4 * 3 + Free;
    private long _used;

    /// <summary>Accounts for new elements before they are allocated.</summary>
    /// <exception cref="InvalidDataException">They are more than the file justifies.</exception>
    public void Take(long elements)
    {
        if (elements < 0 || elements > _limit - _used)
            throw new InvalidDataException($"'{source}' computes constants far larger than the file itself ({_limit} elements are allowed); it is refused.");
        _used += elements;
    }

    /// <summary>Accounts for a tensor.</summary>
    /// <returns>Its number of elements.</returns>
    /// <exception cref="InvalidDataException">It has too many, or more than <see cref="MaximumRank"/> dimensions.</exception>
    public int Take(ReadOnlySpan<int> shape)
    {
        if (shape.Length > MaximumRank)
            throw new InvalidDataException($"'{source}' computes a constant of {shape.Length} dimensions; at most {MaximumRank} are supported.");
        long count = 1;
        foreach (int extent in shape)
        {
            if ((count *= extent) > Array.MaxLength)
                Take(long.MaxValue);
        }

        Take(count);
        return (int)count;
    }
}
