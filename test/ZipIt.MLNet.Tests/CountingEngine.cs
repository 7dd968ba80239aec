using ZipIt.Networks;

namespace ZipIt.MLNet.Tests;

/// <summary>Counts what is run.</summary>
internal sealed class CountingEngine : INetworkEngine
{
    private readonly CpuEngine _engine = new();
    private int _images;
    private int _runs;

    public int Images => _images;

    public int Runs => _runs;

    public INetworkSession CreateSession(Network network, SessionOptions? options = null) => new Session(this, _engine.CreateSession(network, options));

    private sealed class Session(CountingEngine owner, INetworkSession session) : INetworkSession
    {
        public Network Network => session.Network;

        public int MaximumBatchSize => session.MaximumBatchSize;

        public void Run(ReadOnlySpan<float> images, int batchSize)
        {
            Interlocked.Add(ref owner._images, batchSize);
            Interlocked.Increment(ref owner._runs);
            session.Run(images, batchSize);
        }

        public void Run(IReadOnlyList<ReadOnlyMemory<float>> inputs, int batchSize) => session.Run(inputs, batchSize);

        public ReadOnlySpan<float> GetOutput(int head) => session.GetOutput(head);

        public ReadOnlySpan<float> GetTap(int tap) => session.GetTap(tap);

        public void GetBatchStatistics(Node node, Span<double> mean, Span<double> variance) => session.GetBatchStatistics(node, mean, variance);

        public void Dispose() => session.Dispose();
    }
}
