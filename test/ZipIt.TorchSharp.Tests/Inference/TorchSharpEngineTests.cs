using Microsoft.ML;
using TorchSharp;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.TorchSharp.Tests.Inference;

/// <summary>The engine against the naive one on random networks, and against the embedded one on whole architectures.</summary>
public sealed class TorchSharpEngineTests
{
    private static readonly TorchSharpEngineOptions ChannelsLast = new() { ChannelsLast = true };

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 30)];

    public static TheoryData<string> Architectures => ["ResNet-20", "ResNet-20×2", "ResNet-18", "ResNet-50", "VGG-11", "VGG-16 without normalization"];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Run_RandomNetwork_AgreesWithNaiveEngine(int seed) =>
        EngineWorkout.CheckRandomNetwork(new TorchSharpEngine(seed % 2 == 0 ? null : ChannelsLast), seed);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Run_RandomNetworkWithTaps_GivesEveryNodesValue(int seed) =>
        EngineWorkout.CheckTaps(new TorchSharpEngine(seed % 3 == 0 ? ChannelsLast : null), seed);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_TailsBehindGathers_AgreeWithNaiveEngine(bool tapsGather) => EngineWorkout.CheckTails(new TorchSharpEngine(), tapsGather);

    [Fact]
    public void CreateSessionAndRun_WhatAnEngineMustRefuse_Throws() => EngineWorkout.CheckRefusals(new TorchSharpEngine());

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Run_Architecture_AgreesWithCpuEngine(string name)
    {
        Network network = Create(name);
        ReadOnlyMemory<float>[] inputs = EngineWorkout.DrawInputs(new NetworkGenerator(1), network, 2);
        var options = new SessionOptions { Limits = SessionLimits.None };
        EngineWorkout.CheckAgrees(new TorchSharpEngine(), network, options, inputs, reference: new CpuEngine());
        EngineWorkout.CheckAgrees(new TorchSharpEngine(ChannelsLast), network, options, inputs, reference: new CpuEngine());
    }

    /// <summary>The smallest of the other kinds of networks that checkpoints hold.</summary>
    [Theory]
    [InlineData("zoo/densenet.pt")]
    [InlineData("zoo/mobilenetv2.pt")]
    [InlineData("zoo/squeezenet-1.0.pt")]
    [InlineData("zoo/pre-activation.pt")]
    [InlineData("zoo/wide-plain.pt")]
    [InlineData("zoo/numbered-bottleneck.pt")]
    [InlineData("zoo/vgg-three-layers.pt")]
    [InlineData("wild/option-a.pt")]
    [InlineData("wild/resnext.pt")]
    public void Run_NetworkOfACheckpoint_AgreesWithCpuEngine(string file)
    {
        Network network = Architecture.FromCheckpoint(Checkpoint.Load(TestFiles.InTestData($"checkpoints/{file}")),
            file.Contains("vgg", StringComparison.Ordinal) ? 32 : 64);
        ReadOnlyMemory<float>[] inputs = EngineWorkout.DrawInputs(new NetworkGenerator(1), network, 2);
        EngineWorkout.CheckAgrees(new TorchSharpEngine(), network, new SessionOptions(), inputs, reference: new CpuEngine());
    }

    /// <summary>Not for deep networks on few images: where a normalization sees a dozen values, it makes rounding errors larger in each layer.</summary>
    [Theory]
    [InlineData("ResNet-20")]
    [InlineData("ResNet-18")]
    public void Run_BatchStatistics_AgreesWithCpuEngine(string name)
    {
        Network network = Create(name);
        ReadOnlyMemory<float>[] inputs = EngineWorkout.DrawInputs(new NetworkGenerator(1), network, 16);
        EngineWorkout.CheckAgrees(new TorchSharpEngine(), network, new SessionOptions { BatchStatistics = true, Limits = SessionLimits.None }, inputs,
            reference: new CpuEngine());
    }

    [Fact]
    public void Run_BFloat16_AgreesToTwoDigits()
    {
        Network network = Create("ResNet-20");
        ReadOnlyMemory<float>[] inputs = EngineWorkout.DrawInputs(new NetworkGenerator(1), network, 4);
        var engine = new TorchSharpEngine(new TorchSharpEngineOptions { BFloat16 = true });
        var options = new SessionOptions { Taps = ["layer2.0.relu2"] };
        EngineWorkout.CheckAgrees(engine, network, options, inputs, 0.03f, new CpuEngine());
        Assert.ThrowsAny<Exception>(() => EngineWorkout.CheckAgrees(engine, network, options, inputs, 1e-5f, new CpuEngine()));
    }

    [Fact]
    public void Run_SmallerBatchThanBefore_GivesItsImagesAlone()
    {
        Network network = Create("ResNet-20");
        float[] images = new NetworkGenerator(2).DrawValues(3 * 3 * 32 * 32);
        using INetworkSession session = new TorchSharpEngine().CreateSession(network);
        session.Run(images, 3);
        float[] all = session.GetOutput(0).ToArray();
        session.Run(images.AsSpan(0, 3 * 32 * 32), 1);
        EngineWorkout.CheckClose(all.AsSpan(0, 10), session.GetOutput(0), "first image", 1e-5f);
    }

    [Fact]
    public void Dispose_AfterRuns_LeavesNoTensorsAlive()
    {
        Network network = Create("ResNet-20");
        float[] images = new NetworkGenerator(2).DrawValues(2 * 3 * 32 * 32);
        var engine = new TorchSharpEngine();
        using (INetworkSession warm = engine.CreateSession(network))
            warm.Run(images, 2);

        long before = LiveTensors.CountAfterCollection();
        long withSession;
        using (INetworkSession session = engine.CreateSession(network, new SessionOptions { BatchStatistics = true, Taps = ["layer1.0.add"] }))
        {
            withSession = torch.Tensor.TotalCount;
            session.Run(images, 2);
            session.Run(images, 2);
            Assert.Equal(withSession, torch.Tensor.TotalCount);
        }

        Assert.True(withSession > before, "A session holds weights.");
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void CreateSession_UnknownTap_LeavesNoTensorsAlive()
    {
        Network network = Create("ResNet-20");
        var engine = new TorchSharpEngine();
        long before = LiveTensors.CountAfterCollection();
        Assert.Throws<KeyNotFoundException>(() => engine.CreateSession(network, new SessionOptions { Taps = ["nobody"] }));
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void Run_SessionMadeInAScopeOfTheCaller_OutlivesTheScope()
    {
        Network network = Create("ResNet-20");
        float[] images = new NetworkGenerator(2).DrawValues(3 * 32 * 32);
        INetworkSession session;
        using (torch.NewDisposeScope())
            session = new TorchSharpEngine().CreateSession(network);
        using (session)
        {
            session.Run(images, 1);
            Assert.Equal(10, session.GetOutput(0).Length);
        }
    }

    [Fact]
    public void CreateSession_DoesNotDrawFromTheGenerator()
    {
        torch.random.manual_seed(5);
        using torch.Tensor expected = torch.rand(3);
        torch.random.manual_seed(5);
        using INetworkSession session = new TorchSharpEngine().CreateSession(Create("ResNet-20"));
        using torch.Tensor found = torch.rand(3);
        Assert.Equal(expected.data<float>().ToArray(), found.data<float>().ToArray());
    }

    [Fact]
    public void Device_ContextWithoutGpu_IsCpu() => Assert.Equal("cpu", new TorchSharpEngine(new MLContext()).Device);

    [Fact]
    public void Device_ContextThatAsksForGpu_IsItOrWhatFallbackSays()
    {
        var asking = new MLContext { GpuDeviceId = 0, FallbackToCpu = true };
        var insisting = new MLContext { GpuDeviceId = 0, FallbackToCpu = false };
        if (torch.cuda.is_available())
        {
            Assert.Equal("cuda:0", new TorchSharpEngine(asking).Device);
            Assert.Equal("cuda:0", new TorchSharpEngine(insisting).Device);
            return;
        }

        Assert.Equal("cpu", new TorchSharpEngine(asking).Device);
        var refused = Assert.Throws<InvalidOperationException>(() => new TorchSharpEngine(insisting));
        Assert.Contains("GPU 0", refused.Message);
        Assert.Contains("FallbackToCpu", refused.Message);
    }

    private static Network Create(string name) => name switch
    {
        "ResNet-20" => ResNet.Random(1, ResNetLayout.Cifar(20), 32),
        "ResNet-20×2" => ResNet.Random(2, ResNetLayout.Cifar(20, 2), 32, TestFiles.CifarNormalization),
        "ResNet-18" => ResNet.Random(3, ResNetLayout.ImageNet(18), 64),
        "ResNet-50" => ResNet.Random(4, ResNetLayout.ImageNet(50), 64),
        "VGG-11" => Vgg.Random(5, VggLayout.Cifar(11), 32),
        _ => Vgg.Random(6, VggLayout.Cifar(16, batchNorm: false), 32),
    };
}
