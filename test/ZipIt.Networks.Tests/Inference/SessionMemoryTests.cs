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

    private static float[] Run(Network network, float[] images, int batch, int threads, BufferPool? pool)
    {
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = batch, Threads = threads, Pool = pool });
        session.Run(images, batch);
        return session.GetOutput(0).ToArray();
    }
}
