namespace ZipIt.Networks;

/// <summary>Tells a damaged file from a machine that cannot read it.</summary>
internal static class FileDamage
{
    private const int GenericIOError = unchecked((int)0x80131620);

    /// <summary>
    /// Whether an exception while reading is the file's fault. A full disk, a lost connection or a missing permission is not: it carries a code of the operating system, and
    /// must not be reported as damage, after which a good file may be thrown away.
    /// </summary>
    public static bool IsCause(Exception exception) => exception switch
    {
        EndOfStreamException => true,
        IOException { HResult: GenericIOError } => true,
        InvalidDataException or NotSupportedException or ArgumentException or OverflowException => true,
        _ => false,
    };
}
