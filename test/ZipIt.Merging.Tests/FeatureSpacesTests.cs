using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

public sealed class FeatureSpacesTests
{
    [Theory]
    [InlineData(18, 14)] // 8 inner, 4 streams (the stem's is stage 1's), input, output
    [InlineData(50, 39)] // 32 inner, 4 streams, stem, input, output
    public void Find_ResNet_TiesEachStage(int depth, int count)
    {
        FeatureSpaces spaces = FeatureSpaces.Find(ResNet.Random(1, ResNetLayout.ImageNet(depth, 10) with { StemChannels = 4 }, 64));

        Assert.Equal(count, spaces.Count);
        Assert.Equal(4, spaces.Count(space => space.Carriers.Any(node => node.Layer is Add)));
        Assert.All(spaces, space => Assert.Null(space.Obstacle));
        FeatureSpace stage = spaces.Single(space => space.Nodes.Any(node => node.Name == "layer2.0.add"));
        string last = depth == 18 ? "conv2" : "conv3";
        Assert.Contains("layer2.0.downsample.0", stage.Writers.Select(node => node.Name));
        Assert.Contains($"layer2.1.{last}", stage.Writers.Select(node => node.Name));
        Assert.Contains("layer3.0.downsample.0", stage.Readers.Select(node => node.Name));
        Assert.Contains("layer3.0.conv1", stage.Readers.Select(node => node.Name));
    }

    [Fact]
    public void Find_Vgg_GivesEveryLayerASpace()
    {
        FeatureSpaces spaces = FeatureSpaces.Find(Vgg.Random(1, new VggLayout { Depth = 11, Outputs = 3, Channels = 4, HiddenWidth = 8 }, 32));

        Assert.Equal(12, spaces.Count); // 8 Conv, 3 Linear (the last is the output), input
        Assert.All(spaces.Where(space => !space.IsInput), space => Assert.Single(space.Writers));
    }

    [Fact]
    public void Find_FlattenedMap_RepeatsEachChannel()
    {
        var draw = new NetworkGenerator(1);
        var conv = new Node("conv", draw.DrawConv(3, 5, 3), new Node("input", new Input(3, 6, 6)));
        var flat = new Node("flatten", new Flatten(), conv);
        var network = new Network(new Head("output", new Node("linear", draw.DrawLinear(5 * 16, 2), flat)));

        ChannelSegment segment = FeatureSpaces.Find(network).LayoutOf(flat)[0];

        Assert.Equal((5, 16), (segment.Channels, segment.Repeats));
    }

    [Fact]
    public void Find_DenseNetwork_ConcatenatesSpaces()
    {
        Network network = SmallNetworks.Draw("dense", 1);
        FeatureSpaces spaces = FeatureSpaces.Find(network);

        Assert.Equal(4, spaces.LayoutOf(network["concat3"]).Length);
        Assert.Equal(3, spaces[spaces.LayoutOf(network["conv0"])[0].Space].Readers.Count(reader => reader.Name.StartsWith("conv", StringComparison.Ordinal)));
    }

    [Fact]
    public void Find_DepthwiseConvolution_CarriesItsChannels()
    {
        Network network = SmallNetworks.Draw("depthwise", 1);
        FeatureSpaces spaces = FeatureSpaces.Find(network);

        Assert.Equal(spaces.LayoutOf(network["conv0"])[0].Space, spaces.LayoutOf(network["relu1"])[0].Space);
        Assert.NotEqual(spaces.LayoutOf(network["conv0"])[0].Space, spaces.LayoutOf(network["projection1"])[0].Space);
    }

    [Fact]
    public void Find_PreActivation_TiesTheStream()
    {
        Network network = SmallNetworks.Draw("preactivation", 1);
        FeatureSpaces spaces = FeatureSpaces.Find(network);

        Assert.Equal(["conv1", "block0.conv2", "block1.conv2", "block2.conv2"],
            spaces[spaces.LayoutOf(network["relu"])[0].Space].Writers.Select(node => node.Name));
    }

    [Fact]
    public void Find_SumWithTheImage_IsNoPartOfTheImage()
    {
        var draw = new NetworkGenerator(1);
        var input = new Node("input", new Input(3, 6, 6));
        var hidden = new Node("conv1", draw.DrawConv(3, 4, 3, 1, 1), input);
        var sum = new Node("sum", new Add(), input, new Node("conv2", draw.DrawConv(4, 3, 3, 1, 1), hidden));
        FeatureSpaces spaces = FeatureSpaces.Find(new Network(new Head("output", new Node("conv3", draw.DrawConv(3, 2, 3), sum))));

        FeatureSpace summed = spaces[spaces.LayoutOf(sum)[0].Space];

        Assert.False(summed.IsInput);
        Assert.Contains("'sum'", summed.Obstacle);
    }

    [Fact]
    public void Find_GroupedConvolution_NamesItAsObstacle()
    {
        var draw = new NetworkGenerator(1);
        var conv = new Node("grouped", draw.DrawConv(4, 8, 3, groups: 2), new Node("conv", draw.DrawConv(3, 4, 3), new Node("input", new Input(3, 8, 8))));
        var network = new Network(new Head("output", new Node("last", draw.DrawConv(8, 2, 1), conv)));

        Assert.Equal(2, FeatureSpaces.Find(network).Count(space => space.Obstacle?.Contains("'grouped'") == true));
        var exception = Assert.Throws<ArgumentException>(() => new Zipper([new("A", network), new("B", network)]));
        Assert.Contains("'grouped'", exception.Message);
        Assert.Empty(new Zipper([new("A", network), new("B", network)], new ZipOptions { Cut = ZipCut.AsFarAsPossible }).MergedSpaces);
    }
}
