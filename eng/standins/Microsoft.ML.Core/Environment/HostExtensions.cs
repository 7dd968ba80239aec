namespace Microsoft.ML.Runtime;

/// <summary>Sends messages of unknown sensitivity.</summary>
[BestFriend]
internal static class HostExtensions
{
    /// <summary>Runs a function with a channel that closes with it.</summary>
    public static T Apply<T>(this IHost host, string channelName, Func<IChannel, T> func)
    {
        using IChannel channel = host.Start(channelName);
        return func(channel);
    }

    /// <summary>Sends a message for developers.</summary>
    public static void Trace(this IChannel ch, string fmt) => ch.Trace(MessageSensitivity.Unknown, fmt);

    /// <summary>Sends a message for developers.</summary>
    public static void Trace(this IChannel ch, string fmt, params object[] args) => ch.Trace(MessageSensitivity.Unknown, fmt, args);

    /// <summary>Sends an error.</summary>
    public static void Error(this IChannel ch, string fmt) => ch.Error(MessageSensitivity.Unknown, fmt);

    /// <summary>Sends an error.</summary>
    public static void Error(this IChannel ch, string fmt, params object[] args) => ch.Error(MessageSensitivity.Unknown, fmt, args);

    /// <summary>Sends a warning.</summary>
    public static void Warning(this IChannel ch, string fmt) => ch.Warning(MessageSensitivity.Unknown, fmt);

    /// <summary>Sends a warning.</summary>
    public static void Warning(this IChannel ch, string fmt, params object[] args) => ch.Warning(MessageSensitivity.Unknown, fmt, args);

    /// <summary>Sends a piece of information.</summary>
    public static void Info(this IChannel ch, string fmt) => ch.Info(MessageSensitivity.Unknown, fmt);

    /// <summary>Sends a piece of information.</summary>
    public static void Info(this IChannel ch, string fmt, params object[] args) => ch.Info(MessageSensitivity.Unknown, fmt, args);
}
