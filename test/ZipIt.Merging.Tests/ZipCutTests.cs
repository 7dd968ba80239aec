using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

public sealed class ZipCutTests
{
    private static readonly ResNetLayout TinyResNet = ResNetLayout.Cifar(8) with { StemChannels = 4 };

    [Theory]
    [InlineData(7, 71_286_784)]
    [InlineData(13, 57_131_008)]
    [InlineData(20, 42_942_464 + 512 * 64)]
    public void AfterLayers_ResNet20_CostsWhatTheReferenceSays(int layers, long multiplyAdds)
    {
        var zipper = new Zipper(Reference.PrototypeMembers, new ZipOptions { Cut = ZipCut.AfterLayers(layers) });

        Assert.Equal(multiplyAdds, ZipCost.CountMultiplyAdds(zipper.Structure));
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 13)]
    [InlineData(3, 19)]
    public void AfterStage_ResNet20_IsAfterItsLayers(int stage, int layers) =>
        AssertSame(Network(ResNetLayout.Cifar(20)), ZipCut.AfterStage(stage), ZipCut.AfterLayers(layers));

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 22)]
    [InlineData(3, 40)]
    [InlineData(4, 49)]
    public void AfterStage_ResNet50_IsAfterItsLayers(int stage, int layers) => AssertSame(
        Network(ResNetLayout.ImageNet(50, 10) with { StemChannels = 4 }, 64), ZipCut.AfterStage(stage), ZipCut.AfterLayers(layers));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(5, 8)]
    public void AfterStage_Vgg11_EndsAtThePoolings(int stage, int layers) =>
        AssertSame(Vgg.Random(1, new VggLayout { Depth = 11, Outputs = 3, Channels = 4 }), ZipCut.AfterStage(stage), ZipCut.AfterLayers(layers));

    [Theory]
    [InlineData(4, 7)]
    [InlineData(8, 13)]
    [InlineData(12, 19)]
    public void AfterSpaces_ResNet20_IsAfterItsLayers(int spaces, int layers) =>
        AssertSame(Network(ResNetLayout.Cifar(20)), ZipCut.AfterSpaces(spaces), ZipCut.AfterLayers(layers));

    [Fact]
    public void AfterNode_EndOfABlock_TakesTheSumAndTheActivation() =>
        AssertSame(Network(ResNetLayout.Cifar(20)), ZipCut.AfterNode("layer2.1.bn2"), ZipCut.AfterLayers(11));

    [Fact]
    public void ListStages_ResNet20_HasTheDeepestFirst() =>
        Assert.Equal([ZipCut.AfterStage(3), ZipCut.AfterStage(2), ZipCut.AfterStage(1)], ZipCut.ListStages(Network(ResNetLayout.Cifar(20))));

    [Fact]
    public void AfterStage_MoreThanThereAre_Throws() => Assert.Throws<ArgumentException>(() => Prepare(Network(TinyResNet), ZipCut.AfterStage(4)));

    [Fact]
    public void AfterNode_UnknownName_Throws() => Assert.Throws<ArgumentException>(() => Prepare(Network(TinyResNet), ZipCut.AfterNode("layer9")));

    [Theory]
    [InlineData(1.1)]
    [InlineData(1.5)]
    [InlineData(1.7)]
    [InlineData(2)]
    public void WithinFlops_AnyBudget_IsTheEarliestCutWithinIt(double factor)
    {
        Network network = Network(ResNetLayout.Cifar(20));
        long budget = (long)(factor * NetworkCost.Of(network).MultiplyAdds);
        long[] costs = [.. Enumerable.Range(0, 21).Select(layers => ZipCost.CountMultiplyAdds(Prepare(network, ZipCut.AfterLayers(layers)).Structure))];

        Zipper zipper = Prepare(network, ZipCut.WithinFlops(factor));

        Assert.Equal(costs.First(cost => cost <= budget), ZipCost.CountMultiplyAdds(zipper.Structure));
        Assert.Equal(ZipCost.CountMultiplyAdds(zipper.Structure), ZipCost.CountMultiplyAdds(Prepare(network, ZipCut.WithinMultiplyAdds(budget)).Structure));
    }

    [Fact]
    public void WithinFlops_LessThanOneNetwork_SaysWhatIsNeeded()
    {
        var exception = Assert.Throws<ArgumentException>(() => Prepare(Network(TinyResNet), ZipCut.WithinFlops(0.5)));

        Assert.Contains("cheapest", exception.Message);
    }

    [Theory]
    [InlineData("layer1.1.conv1")]
    [InlineData("layer2.0.relu2")]
    [InlineData("layer3.1.relu2")]
    public void Zip_CutInsideAStageOfEqualNetworks_IsTheNetwork(string node)
    {
        Network network = Reference.PrototypeMembers[0].Network;
        var options = ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.AfterNode(node), Matcher = new IdentityMatcher(), ResetBatchNorm = false,
            Threads = 1 };

        Network zipped = new Zipper([new("A", network), new("B", network)], options).Zip(Reference.MixedImages(5)).Network;

        Assert.Equal(2, zipped.Nodes.Count(inner => inner.Layer is ChannelGather));
        float[] expected = Reference.Run(network);
        Assert.True(SmallNetworks.AreClose(Reference.Run(zipped, 0), expected));
        Assert.True(SmallNetworks.AreClose(Reference.Run(zipped, 1), expected));
    }

    [Fact]
    public void Zip_NothingShared_IsTheEnsembleUnchanged()
    {
        Network[] networks = [SmallNetworks.Draw("residual", 1), SmallNetworks.Draw("residual", 2, outputs: 3)];

        ZipResult result = new Zipper([new("A", networks[0]), new("B", networks[1])], ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.Nothing })
            .Zip(SmallNetworks.Images);

        Assert.Equal(SmallNetworks.Run(networks[0]), SmallNetworks.Run(result.Network, 0));
        Assert.Equal(SmallNetworks.Run(networks[1]), SmallNetworks.Run(result.Network, 1));
        Assert.Empty(result.Report.Spaces);
    }

    private static Network Network(ResNetLayout layout, int? size = null) => ResNet.Random(1, layout, size is { } extent ? (Size2)extent : null);

    private static Zipper Prepare(Network network, ZipCut cut) => new([new("A", network), new("B", network)], new ZipOptions { Cut = cut });

    private static void AssertSame(Network network, ZipCut first, ZipCut second) => Assert.Equal(
        Prepare(network, second).Structure.Shared.Select(node => node.Name).Order(),
        Prepare(network, first).Structure.Shared.Select(node => node.Name).Order());
}
