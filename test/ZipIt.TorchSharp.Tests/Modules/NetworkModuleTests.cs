using TorchSharp;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.TestFramework;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace ZipIt.TorchSharp.Tests.Modules;

/// <summary>Networks that become modules, and come back.</summary>
public sealed class NetworkModuleTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Forward_RandomNetwork_GivesWhatTheEngineGives(int seed)
    {
        Network network = DrawNetwork(seed);
        using var module = new NetworkModule(network);
        module.eval();
        CheckAgrees(network, module, seed);
    }

    [Fact]
    public void Forward_PartialZip_HasOneOutputForEachTask()
    {
        Network network = Zip();
        using var module = new NetworkModule(network);
        module.eval();
        Assert.Equal(["a", "b"], module.HeadNames);
        CheckAgrees(network, module, 1);
    }

    [Fact]
    public void StateDict_OfResNet_HasTheNamesOfACheckpoint()
    {
        StateDictionary weights = ResNet.CreateRandomWeights(1, ResNetLayout.Cifar(8));
        using var module = new NetworkModule(ResNet.FromCheckpoint(weights));
        Dictionary<string, Tensor> state = module.state_dict();
        Assert.Equal(weights.Keys.Order(), state.Keys.Where(name => !name.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Order());
        foreach ((string name, ZipIt.Networks.Tensor expected) in weights)
            Assert.Equal(expected.Span.ToArray(), state[name].data<float>().ToArray());
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ToNetwork_UntouchedModule_GivesTheSameNetwork(int seed)
    {
        Network network = DrawNetwork(seed);
        using var module = new NetworkModule(network);
        Assert.Equal(ToBytes(network), ToBytes(module.ToNetwork()));
    }

    [Fact]
    public void Backward_ZippedNetwork_GivesEveryParameterAGradient()
    {
        using var module = new NetworkModule(Zip());
        using DisposeScope scope = NewDisposeScope();
        Assert.NotEmpty(module.parameters());
        Assert.All(module.parameters(), parameter => Assert.True(parameter.requires_grad));
        Assert.All(module.named_buffers(), buffer => Assert.False(buffer.buffer.requires_grad));
        IReadOnlyList<Tensor> outputs = module.call(rand(4, 3, 32, 32).mul(255));
        outputs[0].square().sum().add(outputs[1].square().sum()).backward();
        Assert.All(module.named_parameters(),
            parameter => Assert.True(parameter.parameter.grad is { } gradient && gradient.abs().sum().item<float>() > 0, parameter.name));
    }

    [Fact]
    public void Train_Step_ChangesRunningStatisticsOnlyInTrainingMode()
    {
        Network network = ResNet.Random(1, ResNetLayout.Cifar(8), 16);
        using var module = new NetworkModule(network);
        using DisposeScope scope = NewDisposeScope();
        Tensor images = rand(4, 3, 16, 16);
        module.eval();
        module.call(images);
        Assert.Equal(ToBytes(network), ToBytes(module.ToNetwork()));
        Assert.Equal(0, module.state_dict()["bn1.num_batches_tracked"].item<long>());

        module.train();
        module.call(images);
        var before = (BatchNorm2d)network["bn1"].Layer;
        var after = (BatchNorm2d)module.ToNetwork()["bn1"].Layer;
        Assert.NotEqual(before.Mean.Span.ToArray(), after.Mean.Span.ToArray());
        Assert.Equal(before.Weight.Span.ToArray(), after.Weight.Span.ToArray());
        Assert.Equal(1, module.state_dict()["bn1.num_batches_tracked"].item<long>());
    }

    [Fact]
    public void Optimize_FewSteps_LowersTheLossOfANewNetwork()
    {
        using var module = new NetworkModule(ResNet.Random(1, ResNetLayout.Cifar(8, outputs: 3), 16));
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed(1);
        Tensor images = rand(12, 3, 16, 16), labels = arange(12, ScalarType.Int64).remainder(3);
        var optimizer = optim.SGD(module.parameters(), 0.05, 0.9);
        var losses = new List<float>();
        for (int i = 0; i < 15; i++)
        {
            Tensor loss = nn.functional.cross_entropy(module.call(images)[0], labels);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            losses.Add(loss.item<float>());
        }

        Assert.True(losses[^1] < losses[0] / 2, string.Join(", ", losses));
    }

    [Fact]
    public void To_DoublePrecision_MovesParametersAndBuffersAndRunsAlike()
    {
        Network network = Zip();
        using var module = new NetworkModule(network);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradients = no_grad();
        module.eval();
        Tensor images = rand(2, 3, 32, 32).mul(255);
        float[] expected = module.call(images)[1].data<float>().ToArray();
        module.to(ScalarType.Float64);
        Assert.All(module.state_dict(), pair => Assert.True(pair.Value.dtype is ScalarType.Float64 or ScalarType.Int64, pair.Key));
        EngineWorkout.CheckClose(expected, module.call(images.to(ScalarType.Float64))[1].to(ScalarType.Float32).data<float>().ToArray(), "b");
        Assert.Equal(ToBytes(network), ToBytes(module.ToNetwork()));
    }

    [Fact]
    public void SaveAndLoad_StateOfAModule_MovesItsWeightsToAnother()
    {
        Network trained = ResNet.Random(1, ResNetLayout.Cifar(8), 16);
        using var source = new NetworkModule(trained);
        using var target = new NetworkModule(ResNet.Random(2, ResNetLayout.Cifar(8), 16));
        using var stream = new MemoryStream();
        source.save(stream);
        target.load(new MemoryStream(stream.ToArray()));
        Assert.Equal(ToBytes(trained), ToBytes(target.ToNetwork()));
    }

    [Fact]
    public void Forward_WrongShape_SaysWhatIsExpected()
    {
        using var module = new NetworkModule(ResNet.Random(1, ResNetLayout.Cifar(8), 16));
        using Tensor images = rand(2, 3, 8, 8);
        var refused = Assert.Throws<ArgumentException>(() => module.call(images));
        Assert.Contains("[batch, 3, 16, 16]", refused.Message);
    }

    [Fact]
    public void Dispose_AfterUse_LeavesNoTensorsAlive()
    {
        Network network = Zip();
        using Tensor images = rand(2, 3, 32, 32);
        long before = LiveTensors.CountAfterCollection();
        using (var module = new NetworkModule(network))
        {
            // TorchSharp counts a tensor that becomes a parameter twice, and takes it off once.
            before += module.parameters().Count();
            using IDisposable noGradients = no_grad();
            foreach (Tensor output in module.call(images))
                output.Dispose();
            module.ToNetwork();
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void ZipClassifierFromModule_FineTunedModule_KeepsTasks()
    {
        Network network = Zip();
        using var module = new NetworkModule(network);
        ClassificationTask[] tasks = [ClassificationTask.FromScores("a", ["0", "2", "4", "6", "8"]),
            ClassificationTask.FromScores("b", ["1", "3", "5", "7", "9"])];
        var classifier = ZipClassifier.FromModule("tuned", module, tasks);
        Assert.Equal(2, classifier.Tasks.Count);
        Assert.Equal(ToBytes(network), ToBytes(classifier.Network));
    }

    /// <summary>A random network with one input.</summary>
    private static Network DrawNetwork(int seed)
    {
        var generator = new NetworkGenerator(3000 + seed);
        Network network;
        do
            network = generator.DrawNetwork();
        while (network.Inputs.Count > 1);
        return network;
    }

    private static Network Zip()
    {
        ZipMember[] members = [.. "ab".Select(task => new ZipMember($"{task}", TestFiles.LoadClassNetwork(task)))];
        var zipper = new Zipper(members,
            ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.AfterLayers(13), Matcher = new IdentityMatcher(), ResetBatchNorm = false });
        return zipper.Zip(new InMemoryImages(TestFiles.Normalize(TestFiles.LoadCalibrationImages().Pixels.Slice(0, 4)))).Network;
    }

    private static void CheckAgrees(Network network, NetworkModule module, int seed)
    {
        int[] shape = network.ShapeOf(network.Inputs[0]).ToArray();
        float[] images = new NetworkGenerator(seed).DrawValues(2 * shape[0] * shape[1] * shape[2]);
        using INetworkSession session = new CpuEngine().CreateSession(network);
        session.Run(images, 2);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradients = no_grad();
        IReadOnlyList<Tensor> outputs = module.call(tensor(images).reshape(2, shape[0], shape[1], shape[2]));
        for (int i = 0; i < outputs.Count; i++)
        {
            Tensor output = outputs[i].dim() == 4 ? outputs[i].permute(0, 2, 3, 1) : outputs[i];
            EngineWorkout.CheckClose(session.GetOutput(i), output.contiguous().data<float>().ToArray(), module.HeadNames[i]);
        }
    }

    private static byte[] ToBytes(Network network)
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(network, stream);
        return stream.ToArray();
    }
}
