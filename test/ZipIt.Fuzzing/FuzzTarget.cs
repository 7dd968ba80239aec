namespace ZipIt.Fuzzing;

/// <summary>
/// A reader of files that is tried with bytes of any kind. It may refuse them in its documented way; anything else that it throws, a crash, a hang or more
/// memory than the input justifies is a fault.
/// </summary>
public abstract class FuzzTarget
{
    /// <summary>Memory that every input may take, in bytes. What is free again counts too, so that it is more than what a reader may hold.</summary>
    private const long Allowance = 128 << 20;

    private const int Factor = 8;

    /// <summary>Name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Small inputs that are accepted, to begin with.</summary>
    public abstract IEnumerable<byte[]> MakeSeeds();

    /// <summary>Tries an input.</summary>
    /// <param name="input">The bytes; hashes and checksums are repaired before they are read, so that changes get through.</param>
    /// <returns>Whether the input was accepted.</returns>
    /// <exception cref="InvalidOperationException">The input took more memory than it justifies.</exception>
    public bool Try(ReadOnlySpan<byte> input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool accepted = Read(input.ToArray());
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        return taken <= Allowance + (long)Factor * input.Length
            ? accepted
            : throw new InvalidOperationException($"{Name}: {input.Length} bytes of input took {taken} bytes of memory.");
    }

    /// <summary>Reads an input; returns false if it is refused as documented.</summary>
    protected abstract bool Read(byte[] input);
}
