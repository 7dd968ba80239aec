namespace ZipIt.Tool;

/// <summary>What a command tells the shell.</summary>
internal static class ExitCode
{
    /// <summary>All is done.</summary>
    public const int Done = 0;

    /// <summary>A file, an image, a label or a recipe is not as it must be.</summary>
    public const int BadInput = 1;

    /// <summary>The command line is wrong.</summary>
    public const int BadUsage = 2;

    /// <summary>The output cannot be written.</summary>
    public const int BadOutput = 3;

    /// <summary>A fault of the program.</summary>
    public const int Fault = 4;

    /// <summary>Ctrl-C, as shells have it.</summary>
    public const int Cancelled = 130;
}
