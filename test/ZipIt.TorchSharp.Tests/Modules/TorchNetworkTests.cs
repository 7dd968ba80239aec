using TorchSharp;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.TestFramework;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace ZipIt.TorchSharp.Tests.Modules;

/// <summary>Modules that become networks. Each is held against the module itself on images that the reader has not seen.</summary>
public sealed class TorchNetworkTests
{
    [Fact]
    public void FromModule_NestedSequential_ReadsItAsItStands()
    {
        using nn.Module<Tensor, Tensor> module = nn.Sequential(
            ("features", nn.Sequential(
                nn.Conv2d(3, 8, 5, 2, 2, 1, PaddingModes.Zeros, 1, true),
                nn.BatchNorm2d(8, 0.01),
                nn.LeakyReLU(0.2),
                nn.Conv2d(8, 8, (3L, 1L), (1L, 1L), (1L, 0L), groups: 4),
                nn.ReLU6(),
                nn.MaxPool2d(3, 2, 1),
                nn.Conv2d(8, 6, 3, Padding.Same, dilation: 2),
                nn.InstanceNorm2d(6, affine: true),
                nn.PReLU(6),
                nn.AvgPool2d(3, 1, 1, count_include_pad: false),
                nn.Hardswish(),
                nn.GELU())),
            ("head", nn.Sequential(
                nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(24, 10), nn.ELU(0.5), nn.Linear(10, 4, false), nn.Softmax(1))));
        Disturb(module);
        Network network = TorchNetwork.FromModule(module, 16);
        Assert.Equal("features.0", network.Nodes[1].Name);
        Assert.Equal("Conv2d 5, stride 2, padding 2, dilation 1, groups 1", network["features.0"].Layer.Signature);
        Assert.Equal(0.01f, ((BatchNorm2d)network["features.1"].Layer).Epsilon);
        CheckAgrees(module, network);
    }

    [Theory]
    [InlineData("resnet18", 48)]
    [InlineData("resnet50", 48)]
    [InlineData("mobilenet_v2", 64)]
    public void FromModule_TorchvisionModel_ComputesTheSame(string name, int size)
    {
        using nn.Module<Tensor, Tensor> module = name switch
        {
            "resnet18" => torchvision.models.resnet18(7),
            "resnet50" => torchvision.models.resnet50(7),
            _ => torchvision.models.mobilenet_v2(7),
        };
        Disturb(module);
        Network network = TorchNetwork.FromModule(module, size);
        CheckAgrees(module, network);
        if (name != "resnet18")
            return;
        Assert.True(network.Contains("layer3.1.conv2"));
        Assert.Equal(NetworkCost.Of(ResNet.Random(1, ResNetLayout.ImageNet(18, 7), size)), NetworkCost.Of(network));
    }

    [Fact]
    public void FromModule_FunctionsBetweenModules_AreFollowed()
    {
        using var module = new FunctionalModule();
        Disturb(module);
        Network network = TorchNetwork.FromModule(module, 8);
        CheckAgrees(module, network);
        Assert.Equal(2, network.Nodes.Count(node => node.Layer is Add));
        Assert.Single(network.Nodes, node => node.Layer is Concat);
        Assert.Single(network.Nodes, node => node.Layer is SiLU);
    }

    [Fact]
    public void FromModule_FunctionThatIsNoLayer_NamesThePlace()
    {
        using var module = new SquaringModule();
        var refused = Assert.Throws<NotSupportedException>(() => TorchNetwork.FromModule(module, 12));
        Assert.Contains("between 'first' and 'second'", refused.Message);
    }

    [Fact]
    public void FromModule_UnknownModule_NamesIt()
    {
        using nn.Module<Tensor, Tensor> module = nn.Sequential(("conv", nn.Conv2d(3, 4, 3)), ("up", nn.ConvTranspose2d(4, 4, 3)));
        var refused = Assert.Throws<NotSupportedException>(() => TorchNetwork.FromModule(module, 12));
        Assert.Contains("'up' (ConvTranspose2d)", refused.Message);
    }

    [Fact]
    public void FromModule_UnsupportedConfiguration_NamesTheModule()
    {
        using nn.Module<Tensor, Tensor> module = nn.Sequential(("conv", nn.Conv2d(3, 4, 3, 1, 1, 1, PaddingModes.Reflect)));
        var refused = Assert.Throws<NotSupportedException>(() => TorchNetwork.FromModule(module, 12));
        Assert.Contains("'conv' (Conv2d)", refused.Message);
        Assert.Contains("Reflect", refused.Message);
    }

    [Fact]
    public void FromModule_UnwatchedModuleOfKnownArchitecture_IsReadByItsWeights()
    {
        using var module = new UnwatchedResNet();
        Disturb(module);
        CheckAgrees(module, TorchNetwork.FromModule(module, 32));
    }

    [Fact]
    public void FromModule_UnwatchedModuleOfNoKnownArchitecture_SaysWhatToWrite()
    {
        using var module = new UnwatchedResNet("stem");
        var refused = Assert.Throws<NotSupportedException>(() => TorchNetwork.FromModule(module, 32));
        Assert.Contains("Nor are its weights those of a known architecture", refused.Message);
    }

    [Fact]
    public void FromModule_LeavesModesGradientsAndRandomNumbersAlone()
    {
        using var module = new FunctionalModule();
        module.train();
        ((nn.Module)module.named_modules().First(part => part.name == "norm").module).eval();
        random.manual_seed(3);
        using Tensor expected = rand(4);
        random.manual_seed(3);
        TorchNetwork.FromModule(module, 8);
        using Tensor found = rand(4);
        Assert.Equal(expected.data<float>().ToArray(), found.data<float>().ToArray());
        Assert.True(module.training);
        Assert.False(module.named_modules().First(part => part.name == "norm").module.training);
        Assert.True(module.named_modules().First(part => part.name == "drop").module.training);
        Assert.True(is_grad_enabled());
    }

    [Fact]
    public void FromModule_LeavesNoTensorsAlive()
    {
        using var module = new FunctionalModule();
        TorchNetwork.FromModule(module, 8);
        long before = LiveTensors.CountAfterCollection();
        TorchNetwork.FromModule(module, 8);
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void ZipClassifierFromModule_Sequential_IsAClassifier()
    {
        using nn.Module<Tensor, Tensor> module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2));
        var classifier = ZipClassifier.FromModule("pets", module, 8, ["cat", "dog"], normalization: TestFiles.CifarNormalization);
        Assert.Equal("pets", classifier.Network.Heads[0].Name);
        Assert.Equal(["cat", "dog"], classifier.Labels);
        Assert.Contains(classifier.Network.Nodes, node => node.Layer is ChannelAffine);
        Assert.Throws<ArgumentException>(() => ZipClassifier.FromModule("pets", module, 8, ["cat", "dog", "cow"]));
    }

    /// <summary>Gives normalizations statistics that are not 0 and 1, so that a mistake in them shows.</summary>
    private static void Disturb(nn.Module module)
    {
        using IDisposable noGradients = no_grad();
        random.manual_seed(1);
        foreach ((string name, Tensor buffer) in module.named_buffers())
        {
            if (name.EndsWith("running_mean", StringComparison.Ordinal))
                buffer.normal_(0, 0.1);
            else if (name.EndsWith("running_var", StringComparison.Ordinal))
                buffer.uniform_(0.5, 1.5);
        }
    }

    private static void CheckAgrees(nn.Module<Tensor, Tensor> module, Network network)
    {
        module.eval();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradients = no_grad();
        int[] shape = network.ShapeOf(network.Inputs[0]).ToArray();
        float[] images = new NetworkGenerator(77).DrawValues(3 * shape[0] * shape[1] * shape[2], 0.7, 0.1);
        float[] expected = module.call(tensor(images).reshape(3, shape[0], shape[1], shape[2])).contiguous().data<float>().ToArray();
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { Limits = SessionLimits.None });
        session.Run(images, 3);
        EngineWorkout.CheckClose(expected, session.GetOutput(0), "output");
    }
}
