using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Architectures;

public sealed class ResNetTests
{
    [Fact]
    public void FromCheckpoint_QuickstartModel_HasLayoutAndCostOfResNet20()
    {
        StateDictionary weights = Checkpoint.Load(TestFiles.PrototypeModel('a'));
        ResNetLayout layout = ResNet.Detect(weights);
        Network network = ResNet.FromCheckpoint(weights);

        Assert.Equal("ResNet-20×1", layout.ToString());
        Assert.Equal([3, 3, 3], layout.BlockCounts);
        Assert.Equal(3, layout.ShortcutKernel);
        Assert.Equal(512, layout.Outputs);
        Assert.Equal([512], network.ShapeOf(network.Head("output").Node).ToArray());
        Assert.Equal([64, 8, 8], network.ShapeOf(network["layer3.2.relu2"]).ToArray());

        // Stem 3·16, stage 1: 6 convolutions 16·16, stages 2 and 3 (shortcut included): 2·(c/2·c) + 5·c·c, each times 9 taps and its pixels; head 64·512.
        long expected = 9L * (1024 * (3 * 16 + 6 * 16 * 16) + 256 * (2 * 16 * 32 + 5 * 32 * 32) + 64 * (2 * 32 * 64 + 5 * 64 * 64)) + 64 * 512;
        Assert.Equal(expected, NetworkCost.Of(network).MultiplyAdds);
    }

    [Fact]
    public void FromCheckpoint_CifarModel_NamesItsNodesAfterTheModules()
    {
        Network network = TestFiles.LoadClassNetwork('b');

        Assert.Equal(
            ["input", "conv1", "bn1", "relu", "layer1.0.conv1", "layer1.0.bn1", "layer1.0.relu1", "layer1.0.conv2", "layer1.0.bn2", "layer1.0.add",
            "layer1.0.relu2"],
            network.Nodes.Take(11).Select(node => node.Name));
        Assert.Equal(["layer2.0.bn2", "layer2.0.shortcut.1"], network["layer2.0.add"].Inputs.Select(node => node.Name));
        Assert.Equal(["layer3.2.relu2", "avgpool", "flatten", "linear"], network.Nodes.TakeLast(4).Select(node => node.Name));
    }

    [Fact]
    public void FromCheckpoint_WithNormalizationAndName_PutsThemIn()
    {
        Network network = ResNet.FromCheckpoint(Checkpoint.Load(TestFiles.ClassModel('a')), 48, TestFiles.CifarNormalization, "animals");

        Assert.Equal("normalization", network.Nodes[1].Name);
        Assert.Same(network["normalization"], network["conv1"].Inputs[0]);
        Assert.Equal([3, 48, 48], network.ShapeOf(network["input"]).ToArray());
        Assert.Equal("animals", network.Heads[0].Name);
    }

    [Theory]
    [InlineData(18, 11_689_512, 1_814_073_344)]
    [InlineData(50, 25_557_032, 4_089_184_256)]
    public void Random_ImageNetLayout_CostsWhatTheLiteratureSays(int depth, long parameters, long multiplyAdds)
    {
        ResNetLayout layout = ResNetLayout.ImageNet(depth);
        Network network = ResNet.Random(1, layout);

        Assert.Equal(new NetworkCost(multiplyAdds, parameters), NetworkCost.Of(network));
        Assert.Equal(network.Nodes.Count, ResNet.FromCheckpoint(ResNet.CreateRandomWeights(1, layout)).Nodes.Count);
        Assert.Equal([1000], network.ShapeOf(network["fc"]).ToArray());
        Assert.Equal([64, 56, 56], network.ShapeOf(network["maxpool"]).ToArray());
    }

    [Theory]
    [InlineData(34, 21_797_672)]
    [InlineData(101, 44_549_160)]
    [InlineData(152, 60_192_808)]
    public void ListParameters_DeepImageNetLayout_CountsWhatTheLiteratureSays(int depth, long parameters) =>
        Assert.Equal(parameters, ResNetLayout.ImageNet(depth).ListParameters().Where(parameter => parameter.IsLearnt).Sum(parameter => parameter.Count));

    [Theory]
    [InlineData(20, 1, 3)]
    [InlineData(32, 2, 1)]
    [InlineData(56, 1, 3)]
    public void Detect_RandomCifarWeights_FindsTheLayout(int depth, int width, int shortcutKernel)
    {
        ResNetLayout layout = ResNetLayout.Cifar(depth, width, 7, shortcutKernel);
        ResNetLayout found = ResNet.Detect(ResNet.CreateRandomWeights(3, layout));

        Assert.Equal(layout with { BlockCounts = found.BlockCounts }, found);
        Assert.Equal(layout.BlockCounts, found.BlockCounts);
        Assert.Equal($"ResNet-{depth}×{width}", found.ToString());
    }

    [Fact]
    public void Detect_FourStagesWithSmallStem_IsReadAsBuiltForSmallImages()
    {
        ResNetLayout layout = ResNetLayout.ImageNet(18, 10) with { StemKernel = 3, StemChannels = 8, ShortcutName = "shortcut", LinearName = "linear" };
        Network network = ResNet.FromCheckpoint(ResNet.CreateRandomWeights(3, layout));

        Assert.Equal([64, 4, 4], network.ShapeOf(network["layer4.1.relu2"]).ToArray());
    }

    [Fact]
    public void Detect_WideBottleneck_ReadsItsInnerWidth()
    {
        ResNetLayout layout = ResNetLayout.ImageNet(50, 10) with { StemChannels = 8, InnerChannels = 16 };
        ResNetLayout found = ResNet.Detect(ResNet.CreateRandomWeights(3, layout));

        Assert.Equal(16, found.InnerChannels);
    }

    [Fact]
    public void Random_SameSeed_GivesSameWeights()
    {
        ResNetLayout layout = ResNetLayout.Cifar(20);
        StateDictionary first = ResNet.CreateRandomWeights(5, layout), second = ResNet.CreateRandomWeights(5, layout),
            other = ResNet.CreateRandomWeights(6, layout);

        Assert.All(first, pair => Assert.Equal(pair.Value.Span, second[pair.Key].Span));
        Assert.NotEqual(first["conv1.weight"].Span.ToArray(), other["conv1.weight"].Span.ToArray());
    }
}
