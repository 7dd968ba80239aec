using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>A message of <see cref="MLContext.Log"/>.</summary>
public class LoggingEventArgs : EventArgs
{
    /// <summary>A message of unknown origin.</summary>
    public LoggingEventArgs(string message)
    {
        Message = message;
    }

    /// <summary>A message of known kind and origin.</summary>
    public LoggingEventArgs(string message, ChannelMessageKind kind, string source)
    {
        RawMessage = message;
        Kind = kind;
        Source = source;
        Message = $"[Source={source}, Kind={kind}] {message}";
    }

    /// <summary>The text, preceded by origin and kind.</summary>
    public string Message { get; }

    /// <summary>Host and channel that sent the message.</summary>
    public string Source { get; }

    /// <summary>How much the message matters.</summary>
    public ChannelMessageKind Kind { get; }

    /// <summary>The bare text.</summary>
    public string RawMessage { get; }
}
