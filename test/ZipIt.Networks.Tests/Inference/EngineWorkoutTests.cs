using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Inference;

public sealed class EngineWorkoutTests
{
    [Fact]
    public void Run_CpuEngine_KeepsAllPromises() => EngineWorkout.Run(new CpuEngine());

    [Theory]
    [InlineData("taps", "tap")]
    [InlineData("outputs", "output")]
    [InlineData("batches", "batch statistics")]
    public void Run_EngineWithAFault_FindsIt(string fault, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidOperationException>(() => EngineWorkout.Run(new FaultyEngine(fault))).Message);

    /// <summary>The usual engine, but taps are given in another order, an output is not quite right, or batch statistics are not used.</summary>
    private sealed class FaultyEngine(string fault) : INetworkEngine
    {
        public INetworkSession CreateSession(Network network, SessionOptions? options = null)
        {
            SessionOptions asked = options ?? new SessionOptions();
            return new Session(fault, new CpuEngine().CreateSession(network, fault switch
            {
                "taps" => asked with { Taps = [.. asked.Taps.Order()] },
                "batches" => asked with { BatchStatistics = false },
                _ => asked,
            }));
        }

        private sealed class Session(string fault, INetworkSession inner) : INetworkSession
        {
            public Network Network => inner.Network;

            public int MaximumBatchSize => inner.MaximumBatchSize;

            public void Run(ReadOnlySpan<float> images, int batchSize) => inner.Run(images, batchSize);

            public void Run(IReadOnlyList<ReadOnlyMemory<float>> inputs, int batchSize) => inner.Run(inputs, batchSize);

            public ReadOnlySpan<float> GetOutput(int head) => fault == "outputs" ? inner.GetOutput(head).ToArray().Select(value => value + 0.1f).ToArray() : inner.GetOutput(head);

            public ReadOnlySpan<float> GetTap(int tap) => inner.GetTap(tap);

            public void GetBatchStatistics(Node node, Span<double> mean, Span<double> variance) => inner.GetBatchStatistics(node, mean, variance);

            public void Dispose() => inner.Dispose();
        }
    }
}
