namespace Microsoft.ML.Runtime;

/// <summary>What a log message may give away.</summary>
[Flags]
public enum MessageSensitivity
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Values from the user's data.</summary>
    UserData = 1,

    /// <summary>Names and types of the user's columns.</summary>
    Schema = 2,

    /// <summary>Anything.</summary>
    All = -1,

    /// <summary>Not known, and so anything.</summary>
    Unknown = -1,
}
