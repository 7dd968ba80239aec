namespace ZipIt.Networks;

/// <summary>Tells a damaged file from a machine that cannot read it.</summary>
internal static class FileDamage
{
    // What .NET throws of its own accord, and what systems say of a place before the beginning of a file, to which a damaged one can lead.
    private const int GenericIOError = unchecked((int)0x80131620);
    private const int LinuxInvalidArgument = 22;
    private const int WindowsNegativeSeek = unchecked((int)0x80070083);

    /// <summary>Whether an exception while reading is the file's fault.</summary>
    public static bool IsCause(Exception exception) =>
        exception is IOException or InvalidDataException or NotSupportedException or ArgumentException or OverflowException && !IsTrouble(exception);

    /// <summary>
    /// Whether an exception says that the machine could not do what it was asked for. A full disk, a lost connection or a missing permission carries a code of
    /// the operating system, and must not be reported as damage, after which a good file may be thrown away.
    /// </summary>
    public static bool IsTrouble(Exception exception) => exception switch
    {
        OutOfMemoryException or OperationCanceledException or UnauthorizedAccessException => true,
        EndOfStreamException => false,
        IOException => exception.HResult is not (GenericIOError or LinuxInvalidArgument or WindowsNegativeSeek),
        _ => false,
    };
}
