using ZipIt.Networks;

namespace ZipIt.MLNet.Tests.Faults;

/// <summary>An engine that does what it is told before each run.</summary>
internal sealed class FailingEngine : INetworkEngine
{
    private readonly CpuEngine _engine = new();
    private int _runs;

    /// <summary>What happens before a run; it is given the number of the run, from 0.</summary>
    public Action<int>? OnRun { get; set; }

    public INetworkSession CreateSession(Network network, SessionOptions? options = null) => new Session(this, _engine.CreateSession(network, options));

    private sealed class Session(FailingEngine owner, INetworkSession session) : INetworkSession
    {
        public Network Network => session.Network;

        public int MaximumBatchSize => session.MaximumBatchSize;

        public void Run(ReadOnlySpan<float> images, int batchSize)
        {
            owner.OnRun?.Invoke(Interlocked.Increment(ref owner._runs) - 1);
            session.Run(images, batchSize);
        }

        public void Run(IReadOnlyList<ReadOnlyMemory<float>> inputs, int batchSize)
        {
            owner.OnRun?.Invoke(Interlocked.Increment(ref owner._runs) - 1);
            session.Run(inputs, batchSize);
        }

        public ReadOnlySpan<float> GetOutput(int head) => session.GetOutput(head);

        public ReadOnlySpan<float> GetTap(int tap) => session.GetTap(tap);

        public void GetBatchStatistics(Node node, Span<double> mean, Span<double> variance) => session.GetBatchStatistics(node, mean, variance);

        public void Dispose() => session.Dispose();
    }
}
