using System.Collections.Concurrent;
using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>
/// Sessions that wait for their next run. A session is taken for one run and given back at once, so that there are only as many as runs at the same time,
/// however many cursors and prediction engines are open.
/// </summary>
internal sealed class SessionPool(INetworkEngine engine, Network network, int batchSize, int threads)
{
    private readonly ConcurrentBag<INetworkSession> _idle = [];

    /// <summary>Takes a session, a new one if none waits.</summary>
    public INetworkSession Rent() => _idle.TryTake(out INetworkSession? session)
        ? session
        : engine.CreateSession(network, new SessionOptions { MaximumBatchSize = batchSize, Threads = threads });

    /// <summary>Gives a session back; one whose run has failed must be disposed instead.</summary>
    public void Return(INetworkSession session)
    {
        if (_idle.Count < Environment.ProcessorCount)
            _idle.Add(session);
        else
            session.Dispose();
    }
}
