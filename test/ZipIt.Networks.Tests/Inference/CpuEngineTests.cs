using ZipIt.Numerics;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Inference;

/// <summary>The engine against the naive one, on random networks, with every kernel set that this processor has.</summary>
public class CpuEngineTests
{
    private const int Batch = EngineWorkout.Batch;

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
    public void Run_RandomNetwork_AgreesWithNaiveEngine(int seed, int kernels) =>
        EngineWorkout.CheckRandomNetwork(new CpuEngine(KernelSet.Supported[kernels]), seed);

    [Theory]
    [MemberData(nameof(SeedsAndKernels))]
    public void Run_RandomNetworkWithTaps_GivesEveryNodesValue(int seed, int kernels) =>
        EngineWorkout.CheckTaps(new CpuEngine(KernelSet.Supported[kernels]), seed);

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
        ReadOnlyMemory<float>[] inputs = EngineWorkout.DrawInputs(generator, network, Images);
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
        ReadOnlyMemory<float>[] inputs = EngineWorkout.DrawInputs(new NetworkGenerator(1), network, Images);
        float[][] expected = RunAll(network, inputs, Images, Images, 1);
        Assert.Equal(expected, RunAll(network, inputs, Images, Images, 2));
        Assert.Equal(expected, RunAll(network, inputs, Images, Images, 3));
        Assert.Equal(expected, RunAll(network, inputs, Images, 1, 2));
        Assert.Equal(expected, RunAll(network, inputs, Images, 4, 4));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Run_LargeImagesInSlices_GivesSameBits(int threads)
    {
        const int Images = 5;
        var generator = new NetworkGenerator(3);
        var image = new Node("image", new Input(3, 160, 161));
        var wide = new Node("wide", new ReLU(), new Node("conv1", generator.DrawConv(3, 18, 3, 1, 1, bias: true), image));
        var own = new Node("own", new Clip(0, 6), new Node("conv2", generator.DrawConv(18, 18, 3, 2, 1, groups: 18, bias: true), wide));
        var narrow = new Node("narrow", new ReLU(), new Node("conv3", generator.DrawConv(18, 40, 3, 9, 1, bias: true), own));
        var deep = new Node("conv4", generator.DrawConv(40, 400, 3, 1, 1, bias: true), narrow);
        var network = new Network(new Head("out", new Node("pool", new GlobalAveragePool(), deep)), new Head("own", new Node("mean", new GlobalAveragePool(), own)));
        ExecutionPlan plan = PlanBuilder.Build(network, new SessionOptions { MaximumBatchSize = Images }, KernelSet.Best);
        Assert.InRange(plan.Slices.Waves, 1, plan.Waves.Length - 1);
        Assert.InRange(plan.Slices.Images, 2, Images - 1);
        Assert.Equal(0, plan.ChunkSize);
        ReadOnlyMemory<float>[] inputs = EngineWorkout.DrawInputs(generator, network, Images);
        Assert.Equal(RunAll(network, inputs, Images, 1, 1), RunAll(network, inputs, Images, Images, threads));
    }

    [Fact]
    public void Run_ManySessionsAtOnce_AllFinishWithSameResult()
    {
        var generator = new NetworkGenerator(7);
        Network network = generator.DrawNetwork();
        ReadOnlyMemory<float>[] inputs = EngineWorkout.DrawInputs(generator, network, Batch);
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
    public void Run_TailsBehindGathers_AgreeWithNaiveEngine(bool tapsGather) => EngineWorkout.CheckTails(new CpuEngine(), tapsGather);

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
    public void CreateSessionAndRun_WhatAnEngineMustRefuse_Throws() => EngineWorkout.CheckRefusals(new CpuEngine());

    private static float[][] RunAll(Network network, ReadOnlyMemory<float>[] inputs, int images, int batchSize, int threads)
    {
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = batchSize, Threads = threads });
        var outputs = network.Heads.Select(_ => new List<float>()).ToArray();
        for (int first = 0; first < images; first += batchSize)
        {
            int count = Math.Min(batchSize, images - first);
            session.Run([.. inputs.Select((input, i) =>
            {
                int size = EngineWorkout.SizeOf(network, network.Inputs[i]);
                return input.Slice(first * size, count * size);
            })], count);
            for (int head = 0; head < outputs.Length; head++)
                outputs[head].AddRange(session.GetOutput(head));
        }

        return [.. outputs.Select(values => values.ToArray())];
    }
}
