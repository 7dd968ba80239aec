using ZipIt.Numerics;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Inference;

/// <summary>The engine against the naive one, on random networks, with every kernel set that this processor has.</summary>
public class CpuEngineTests
{
    private const int Batch = 3;

    public static TheoryData<int, int> SeedsAndKernels()
    {
        var data = new TheoryData<int, int>();
        for (int seed = 0; seed < 40; seed++)
        {
            for (int kernels = 0; kernels < KernelSet.Supported.Count; kernels++)
                data.Add(seed, kernels);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(SeedsAndKernels))]
    public void Run_RandomNetwork_AgreesWithNaiveEngine(int seed, int kernels)
    {
        var generator = new NetworkGenerator(seed);
        Network network = generator.DrawNetwork();
        var options = new SessionOptions { MaximumBatchSize = Batch, ChannelsLastInputs = seed % 3 == 0, BatchStatistics = seed % 4 == 0, Threads = 1 + seed % 3 };
        AssertAgrees(network, options, new CpuEngine(KernelSet.Supported[kernels]), DrawInputs(generator, network, Batch));
    }

    [Theory]
    [MemberData(nameof(SeedsAndKernels))]
    public void Run_RandomNetworkWithTaps_GivesEveryNodesValue(int seed, int kernels)
    {
        var generator = new NetworkGenerator(1000 + seed);
        Network network = generator.DrawNetwork();
        string[] taps = [.. network.Nodes.Where((_, i) => seed % 2 == 0 || i % 3 == 0).Select(node => node.Name)];
        var options = new SessionOptions { MaximumBatchSize = Batch, Taps = taps, BatchStatistics = seed % 5 == 0, Threads = 2 };
        AssertAgrees(network, options, new CpuEngine(KernelSet.Supported[kernels]), DrawInputs(generator, network, Batch));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Run_OtherGroupingAndThreads_GivesSameBits(int seed)
    {
        const int Images = 7;
        var generator = new NetworkGenerator(2000 + seed);
        Network network = generator.DrawNetwork();
        ReadOnlyMemory<float>[] inputs = DrawInputs(generator, network, Images);
        float[][] expected = RunAll(network, inputs, Images, Images, 1);
        Assert.Equal(expected, RunAll(network, inputs, Images, Images, 2));
        Assert.Equal(expected, RunAll(network, inputs, Images, Images, 5));
        Assert.Equal(expected, RunAll(network, inputs, Images, 1, 2));
        Assert.Equal(expected, RunAll(network, inputs, Images, 3, 1));
    }

    [Theory]
    [InlineData(1)] // threads take chunks of images
    [InlineData(4)] // threads share the steps
    public void Run_ResidualNetworkInOtherGroups_GivesSameBits(int width)
    {
        const int Images = 9;
        Network network = ResNet.Random(1, ResNetLayout.Cifar(20, width), 16);
        ReadOnlyMemory<float>[] inputs = DrawInputs(new NetworkGenerator(1), network, Images);
        float[][] expected = RunAll(network, inputs, Images, Images, 1);
        Assert.Equal(expected, RunAll(network, inputs, Images, Images, 2));
        Assert.Equal(expected, RunAll(network, inputs, Images, Images, 3));
        Assert.Equal(expected, RunAll(network, inputs, Images, 1, 2));
        Assert.Equal(expected, RunAll(network, inputs, Images, 4, 4));
    }

    [Fact]
    public void Run_ManySessionsAtOnce_AllFinishWithSameResult()
    {
        var generator = new NetworkGenerator(7);
        Network network = generator.DrawNetwork();
        ReadOnlyMemory<float>[] inputs = DrawInputs(generator, network, Batch);
        float[][] expected = RunAll(network, inputs, Batch, Batch, 1);
        Parallel.For(0, 32, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => Assert.Equal(expected, RunAll(network, inputs, Batch, Batch, 4)));
    }

    [Fact]
    public void CreateSession_SameNetworkTwice_SharesWeightsAndNothingElse()
    {
        Network network = ResNet.Random(1, ResNetLayout.Cifar(20, width: 2));
        var generator = new NetworkGenerator(8);
        float[][] images = [.. Enumerable.Range(0, 4).Select(_ => generator.DrawValues(3 * 32 * 32))];
        var engine = new CpuEngine();
        var options = new SessionOptions { MaximumBatchSize = 1, Threads = 2 };
        INetworkSession[] sessions = [engine.CreateSession(network, options)];
        long before = GC.GetAllocatedBytesForCurrentThread();
        sessions = [.. sessions, .. Enumerable.Range(1, 3).Select(_ => engine.CreateSession(network, options))];
        long perSession = (GC.GetAllocatedBytesForCurrentThread() - before) / 3;
        float[][] expected = [.. images.Select(image => Run(sessions[0], image))];

        Parallel.For(0, 4, i =>
        {
            for (int round = 0; round < 10; round++)
                Assert.Equal(expected[i], Run(sessions[i], images[i]));
        });
        Assert.True(perSession < NetworkCost.Of(network).Parameters * sizeof(float), $"{perSession} bytes for another session");

        static float[] Run(INetworkSession session, float[] image)
        {
            session.Run(image, 1);
            return session.GetOutput(0).ToArray();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_TailsBehindGathers_AgreeWithNaiveEngine(bool tapsGather)
    {
        var generator = new NetworkGenerator(11);
        var front = new Node("front", generator.DrawConv(3, 16, 3, padding: 1), new Node("image", new Input(3, 8, 8)));
        var heads = new List<Head>();
        foreach (string task in (string[])["a", "b"])
        {
            var gather = new Node($"gather.{task}", new ChannelGather([.. Enumerable.Range(0, 20).Select(i => (3 * i + task[0]) % 16)]), front);
            var left = new Node($"left.{task}", generator.DrawConv(20, 24, 3, stride: 2, padding: 1), gather);
            var right = new Node($"right.{task}", generator.DrawConv(20, 24, 1, stride: 2), gather);
            var pooled = new Node($"pool.{task}", new GlobalAveragePool(), new Node($"add.{task}", new Add(), left, right));
            heads.Add(new Head(task, new Node($"linear.{task}", generator.DrawLinear(24, 5), new Node($"flat.{task}", new Flatten(), pooled))));
        }

        var network = new Network([.. heads]);
        var options = new SessionOptions { MaximumBatchSize = Batch, Taps = tapsGather ? ["gather.b"] : [] };
        AssertAgrees(network, options, new CpuEngine(), DrawInputs(generator, network, Batch));
    }

    [Fact]
    public void Run_SecondTime_DoesNotAllocate()
    {
        var generator = new NetworkGenerator(3);
        var image = new Node("image", new Input(3, 16, 16));
        var conv = new Node("conv", generator.DrawConv(3, 16, 3, padding: 1), image);
        var pooled = new Node("pool", new GlobalAveragePool(), new Node("relu", new ReLU(), conv));
        var network = new Network(new Head("out", pooled));
        float[] images = generator.DrawValues(2 * 3 * 16 * 16);
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = 2, Threads = 1 });
        session.Run(images, 2);
        long before = GC.GetAllocatedBytesForCurrentThread();
        session.Run(images, 2);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void CreateSession_UnknownTap_Throws()
    {
        Network network = new NetworkGenerator(1).DrawNetwork();
        Assert.Throws<KeyNotFoundException>(() => new CpuEngine().CreateSession(network, new SessionOptions { Taps = ["nobody"] }));
    }

    [Fact]
    public void Run_WrongNumberOfValues_Throws()
    {
        var network = new Network(new Head("out", new Node("relu", new ReLU(), new Node("image", new Input(3, 4, 4)))));
        using INetworkSession session = new CpuEngine().CreateSession(network);
        Assert.Throws<ArgumentException>(() => session.Run(new float[47], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Run(new float[48 * 33], 33));
        Assert.Throws<InvalidOperationException>(() => session.GetBatchStatistics(network["relu"], [], []));
    }

    private static ReadOnlyMemory<float>[] DrawInputs(NetworkGenerator generator, Network network, int images) =>
        [.. network.Inputs.Select(input => (ReadOnlyMemory<float>)generator.DrawValues(images * Size(network, input)))];

    private static int Size(Network network, Node node)
    {
        int size = 1;
        foreach (int extent in network.ShapeOf(node))
            size *= extent;
        return size;
    }

    private static void AssertAgrees(Network network, SessionOptions options, CpuEngine engine, ReadOnlyMemory<float>[] inputs)
    {
        using INetworkSession session = engine.CreateSession(network, options);
        using INetworkSession naive = new NaiveEngine().CreateSession(network, options);
        session.Run(inputs, Batch);
        naive.Run(inputs, Batch);
        for (int i = 0; i < options.Taps.Count; i++)
            AssertClose(naive.GetTap(i), session.GetTap(i), options.Taps[i]);
        for (int i = 0; i < network.Heads.Count; i++)
            AssertClose(naive.GetOutput(i), session.GetOutput(i), network.Heads[i].Name);
        if (!options.BatchStatistics)
            return;
        foreach (Node node in network.Nodes)
        {
            if (node.Layer is not BatchNorm2d norm)
                continue;
            var expected = new double[2 * norm.Channels];
            var actual = new double[2 * norm.Channels];
            naive.GetBatchStatistics(node, expected.AsSpan(0, norm.Channels), expected.AsSpan(norm.Channels));
            session.GetBatchStatistics(node, actual.AsSpan(0, norm.Channels), actual.AsSpan(norm.Channels));
            AssertClose([.. expected.Select(x => (float)x)], [.. actual.Select(x => (float)x)], node.Name);
        }
    }

    /// <summary>Relative to the largest value of the whole output, as errors of sums are.</summary>
    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        float largest = 1e-6f;
        foreach (float value in expected)
            largest = Math.Max(largest, Math.Abs(value));
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-4f * largest, $"{what}[{i}]: expected {expected[i]}, found {actual[i]} (largest {largest}).");
    }

    private static float[][] RunAll(Network network, ReadOnlyMemory<float>[] inputs, int images, int batchSize, int threads)
    {
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = batchSize, Threads = threads });
        var outputs = network.Heads.Select(_ => new List<float>()).ToArray();
        for (int first = 0; first < images; first += batchSize)
        {
            int count = Math.Min(batchSize, images - first);
            session.Run([.. inputs.Select((input, i) =>
            {
                int size = Size(network, network.Inputs[i]);
                return input.Slice(first * size, count * size);
            })], count);
            for (int head = 0; head < outputs.Length; head++)
                outputs[head].AddRange(session.GetOutput(head));
        }

        return [.. outputs.Select(values => values.ToArray())];
    }
}
