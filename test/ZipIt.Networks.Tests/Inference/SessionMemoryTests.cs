using System.Buffers;
using ZipIt.Numerics;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Inference;

/// <summary>Sessions whose memory comes from a pool.</summary>
public sealed class SessionMemoryTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 20)]
    [InlineData(3, 2)]
    [InlineData(3, 20)]
    public void Run_MemoryOfAPool_GivesTheSameAndReturnsIt(int threads, int batch)
    {
        Network network = ResNet.Random(1, ResNetLayout.Cifar(8), 16);
        float[] images = new NetworkGenerator(1).DrawValues(batch * 3 * 16 * 16);
        using var pool = new BufferPool();
        float[] expected = Run(network, images, batch, threads, null);

        Assert.Equal(expected, Run(network, images, batch, threads, pool));
        long bytes = pool.Bytes;
        Assert.True(bytes > 0);
        Assert.Equal(expected, Run(network, images, batch, threads, pool));
        if (threads == 1)
            Assert.Equal(bytes, pool.Bytes); // the second session took what the first one had returned

        pool.Clear();

        Assert.Equal(0, pool.Bytes);
    }

    [Fact]
    public void Dispose_Twice_ReturnsMemoryOnce()
    {
        using var pool = new BufferPool();
        INetworkSession session = new CpuEngine().CreateSession(ResNet.Random(1, ResNetLayout.Cifar(8), 16), new SessionOptions { Pool = pool });

        session.Dispose();
        session.Dispose();

        Assert.Throws<ObjectDisposedException>(() => session.Run(new float[3 * 16 * 16], 1));
    }

    [Fact]
    public void Dispose_WhileARunIsGoingOn_ReturnsMemoryAtItsEnd()
    {
        using var pool = new BufferPool();
        INetworkSession session = new CpuEngine()
            .CreateSession(ResNet.Random(1, ResNetLayout.Cifar(8), 16), new SessionOptions { MaximumBatchSize = 1, Pool = pool });
        long held = pool.Bytes;
        var images = new WatchedMemory(new float[3 * 16 * 16])
        {
            OnPin = () =>
            {
                session.Dispose();
                pool.Clear();
                Assert.Equal(held, pool.Bytes); // nothing was free
            },
        };

        session.Run([images.Memory], 1);

        Assert.True(pool.Bytes > held);
        pool.Clear();
        Assert.Equal(0, pool.Bytes);
        Assert.Throws<ObjectDisposedException>(() => session.GetOutput(0).Length);
        Assert.Throws<ObjectDisposedException>(() => session.Run([images.Memory], 1));
    }

    [Fact]
    public void Run_WhileAnotherRunIsGoingOn_IsRefusedAndDisturbsNothing()
    {
        using INetworkSession session = new CpuEngine().CreateSession(ResNet.Random(1, ResNetLayout.Cifar(8), 16), new SessionOptions { MaximumBatchSize = 1 });
        float[] pixels = new NetworkGenerator(1).DrawValues(3 * 16 * 16);
        session.Run(pixels, 1);
        float[] expected = session.GetOutput(0).ToArray();
        var images = new WatchedMemory(pixels) { OnPin = () =>
            Assert.Contains("one at a time", Assert.Throws<InvalidOperationException>(() => session.Run(new float[pixels.Length], 1)).Message) };

        session.Run([images.Memory], 1);

        Assert.Equal(expected, session.GetOutput(0).ToArray());
    }

    [Fact]
    public void Run_InputThatFails_LeavesTheSessionUsable()
    {
        using INetworkSession session = new CpuEngine().CreateSession(ResNet.Random(1, ResNetLayout.Cifar(8), 16), new SessionOptions { MaximumBatchSize = 1 });
        var images = new WatchedMemory(new float[3 * 16 * 16]) { OnPin = () => throw new TimeoutException() };
        Assert.Throws<TimeoutException>(() => session.Run([images.Memory], 1));

        session.Run(new float[3 * 16 * 16], 1);

        Assert.Equal(session.Network.ShapeOf(session.Network.Heads[0].Node)[0], session.GetOutput(0).Length);
    }

    private static float[] Run(Network network, float[] images, int batch, int threads, BufferPool? pool)
    {
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = batch, Threads = threads, Pool = pool });
        session.Run(images, batch);
        return session.GetOutput(0).ToArray();
    }

    /// <summary>Memory that tells when a run takes hold of it.</summary>
    private sealed class WatchedMemory(float[] values) : MemoryManager<float>
    {
        public required Action OnPin { get; init; }

        public override Span<float> GetSpan() => values;

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            OnPin();
            return values.AsMemory(elementIndex).Pin();
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
