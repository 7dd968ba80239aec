using Microsoft.ML.Runtime;
using ZipIt.MLNet.Friend;

namespace ZipIt.MLNet;

/// <summary>
/// A token that is set when a token of the caller is, or when the <see cref="Microsoft.ML.MLContext"/> stops all work (<c>CancelExecution</c>). A context can
/// only be asked whether it has been stopped, so it is asked several times a second.
/// </summary>
internal sealed class ContextCancellation : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _source;
    private readonly Lock _lock = new();
    private readonly Timer? _timer;
    private bool _disposed;

    /// <summary>Begins to watch.</summary>
    /// <param name="host">A host of the context.</param>
    /// <param name="caller">The caller's own token.</param>
    public ContextCancellation(IHost host, CancellationToken caller)
    {
        _caller = caller;
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
        if (HostAccess.IsCanceled(host))
            _source.Cancel();
        else
            _timer = new Timer(_ => Ask(host), null, Interval, Interval);
    }

    /// <summary>The token.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>What to throw when the token has ended the work: with the caller's token, if that was it.</summary>
    public OperationCanceledException ToException() => _caller.IsCancellationRequested
        ? new OperationCanceledException(_caller)
        : new OperationCanceledException("The context was stopped by CancelExecution; it takes no further work.");

    public void Dispose()
    {
        lock (_lock)
            _disposed = true;
        _timer?.Dispose();
        _source.Dispose();
    }

    private void Ask(IHost host)
    {
        lock (_lock)
        {
            if (!_disposed && HostAccess.IsCanceled(host))
                _source.Cancel();
        }
    }
}
