namespace ZipIt.Networks;

/// <summary>
/// Counts what reading a file allocates. A compressed or cleverly shared file can describe far more than it holds: what stays in memory at the same time may be
/// four times its size, and an allowance that every file has.
/// </summary>
internal sealed class ReadingBudget
{
    /// <summary>What every file may take, in bytes.</summary>
    public const long Allowance = 48L << 20;

    private const int Factor = 4;

    private readonly string _source;
    private readonly long _fileLength;
    private long _left;

    /// <summary>The budget of a file.</summary>
    /// <param name="source">Name of the file for messages.</param>
    /// <param name="fileLength">Its length in bytes.</param>
    public ReadingBudget(string source, long fileLength)
    {
        (_source, _fileLength) = (source, fileLength);
        _left = Allowance + Factor * fileLength;
    }

    /// <summary>Counts bytes that will be allocated.</summary>
    /// <param name="bytes">Number of bytes.</param>
    /// <param name="what">What they are for; a message begins with it.</param>
    /// <exception cref="InvalidDataException">The file does not justify so much.</exception>
    public void Take(long bytes, string what)
    {
        if (bytes > _left)
        {
            throw new InvalidDataException($"'{_source}': {what} and what stands before it would take more memory than a file of {_fileLength} bytes justifies; "
                + "it is refused.");
        }

        _left -= bytes;
    }

    /// <summary>Counts bytes that are no longer used.</summary>
    public void Return(long bytes) => _left += bytes;
}
