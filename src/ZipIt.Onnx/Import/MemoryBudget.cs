namespace ZipIt.Onnx;

/// <summary>
/// Bounds what reading a file may allocate beside the weights that it stores: operators can blow a few bytes up to any size (a constant of 2⁴⁰ zeros, a
/// concatenation with itself, again and again).
/// </summary>
/// <param name="fileLength">Size of the file in bytes.</param>
/// <param name="source">Name of the file for messages.</param>
internal sealed class MemoryBudget(long fileLength, string source)
{
    /// <summary>What any file may compute, in elements.</summary>
    private const long Free = 16 << 20;

    private readonly long _limit = fileLength + Free;
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
    public int Take(ReadOnlySpan<int> shape)
    {
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
