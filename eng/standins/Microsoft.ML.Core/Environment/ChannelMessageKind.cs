namespace Microsoft.ML.Runtime;

/// <summary>How much a log message matters.</summary>
public enum ChannelMessageKind
{
    /// <summary>For developers.</summary>
    Trace = 0,

    /// <summary>Information.</summary>
    Info = 1,

    /// <summary>Something may be wrong.</summary>
    Warning = 2,

    /// <summary>Something is wrong.</summary>
    Error = 3,
}
