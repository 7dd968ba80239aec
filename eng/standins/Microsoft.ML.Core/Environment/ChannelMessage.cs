using System.Globalization;

namespace Microsoft.ML.Runtime;

/// <summary>A log message.</summary>
public readonly struct ChannelMessage
{
    /// <summary>Trace, information, warning or error.</summary>
    public readonly ChannelMessageKind Kind;

    /// <summary>What the text may give away.</summary>
    public readonly MessageSensitivity Sensitivity;

    [BestFriend]
    internal ChannelMessage(ChannelMessageKind kind, MessageSensitivity sensitivity, string message)
    {
        Contracts.CheckNonEmpty(message, nameof(message));
        Kind = kind;
        Sensitivity = sensitivity;
        Message = message;
    }

    [BestFriend]
    internal ChannelMessage(ChannelMessageKind kind, MessageSensitivity sensitivity, string fmt, params object[] args)
        : this(kind, sensitivity, string.Format(CultureInfo.CurrentCulture, Contracts.CheckNonEmpty(fmt, nameof(fmt)), args))
    {
    }

    /// <summary>The text.</summary>
    public string Message { get; }
}
