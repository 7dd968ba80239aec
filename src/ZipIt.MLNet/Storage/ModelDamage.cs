namespace ZipIt.MLNet;

/// <summary>Tells a damaged model from a machine that cannot read it.</summary>
internal static class ModelDamage
{
    private const int GenericIOError = unchecked((int)0x80131620);

    /// <summary>
    /// Whether the model is at fault, and not the machine: a full disk, where ML.NET unpacks models, has a code of the operating system, and a model that could not be read
    /// there is not damaged.
    /// </summary>
    public static bool IsCause(Exception exception) =>
        exception is not (OutOfMemoryException or OperationCanceledException or UnauthorizedAccessException)
        && (exception is not IOException || exception is EndOfStreamException or InvalidDataException || exception.HResult == GenericIOError);

    /// <summary>What the machine could not do, among all causes of an exception; null if the model is at fault.</summary>
    public static Exception? FindTrouble(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (!IsCause(cause))
                return cause;
        }

        return null;
    }
}
