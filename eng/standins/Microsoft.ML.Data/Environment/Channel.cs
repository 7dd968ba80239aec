using System.Diagnostics;

namespace Microsoft.ML.Runtime;

/// <summary>A channel whose messages go to the listener of the context.</summary>
internal sealed class Channel : IChannel, IMessageSource
{
    private readonly Host _host;
    private readonly EnvironmentState _state;
    private readonly long _started = Stopwatch.GetTimestamp();
    private bool _disposed;

    public Channel(Host host, EnvironmentState state, string name)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        _host = host;
        _state = state;
        ShortName = name;
        FullName = string.IsNullOrEmpty(host.FullName) ? name : $"{host.FullName}; {name}";
        Trace(MessageSensitivity.None, "Channel started");
    }

    /// <inheritdoc/>
    public string ShortName { get; }

    /// <inheritdoc/>
    public string FullName { get; }

    /// <inheritdoc/>
    public bool Verbose => false;

    /// <inheritdoc/>
    public string ContextDescription => _host.ContextDescription;

    /// <inheritdoc/>
    public TException Process<TException>(TException ex)
        where TException : Exception => _host.Process(ex);

    /// <inheritdoc/>
    public void Send(ChannelMessage msg) => _state.Listener?.Invoke(this, msg);

    /// <inheritdoc/>
    public void Trace(MessageSensitivity sensitivity, string fmt) => Send(new ChannelMessage(ChannelMessageKind.Trace, sensitivity, fmt));

    /// <inheritdoc/>
    public void Trace(MessageSensitivity sensitivity, string fmt, params object[] args) =>
        Send(new ChannelMessage(ChannelMessageKind.Trace, sensitivity, fmt, args));

    /// <inheritdoc/>
    public void Error(MessageSensitivity sensitivity, string fmt) => Send(new ChannelMessage(ChannelMessageKind.Error, sensitivity, fmt));

    /// <inheritdoc/>
    public void Error(MessageSensitivity sensitivity, string fmt, params object[] args) =>
        Send(new ChannelMessage(ChannelMessageKind.Error, sensitivity, fmt, args));

    /// <inheritdoc/>
    public void Warning(MessageSensitivity sensitivity, string fmt) => Send(new ChannelMessage(ChannelMessageKind.Warning, sensitivity, fmt));

    /// <inheritdoc/>
    public void Warning(MessageSensitivity sensitivity, string fmt, params object[] args) =>
        Send(new ChannelMessage(ChannelMessageKind.Warning, sensitivity, fmt, args));

    /// <inheritdoc/>
    public void Info(MessageSensitivity sensitivity, string fmt) => Send(new ChannelMessage(ChannelMessageKind.Info, sensitivity, fmt));

    /// <inheritdoc/>
    public void Info(MessageSensitivity sensitivity, string fmt, params object[] args) =>
        Send(new ChannelMessage(ChannelMessageKind.Info, sensitivity, fmt, args));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Trace(MessageSensitivity.None, "Channel finished. Elapsed {0:c}.", Stopwatch.GetElapsedTime(_started));
        Trace(MessageSensitivity.None, "Channel disposed");
    }
}
