using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

public sealed class RefitPairTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Find_BasicBlocks_FindsTheConvolutionsOfEachBlock(int shortcutKernel)
    {
        Network network = ResNet.Random(1, ResNetLayout.Cifar(14, shortcutKernel: shortcutKernel));
        string[] blocks = [.. from stage in Enumerable.Range(1, 3) from block in Enumerable.Range(0, 2) select $"layer{stage}.{block}"];

        Assert.Equal(blocks.Select(block => $"{block}.bn1 → {block}.conv2 → {block}.add"), Describe(Find(network)));
    }

    [Fact]
    public void Find_BasicBlockWithAShortcut_CountsItToTheSecondUnit()
    {
        RefitPair pair = Find(ResNet.Random(1, ResNetLayout.Cifar(8))).Single(pair => pair.Second.Target.Name == "layer2.0.add");

        Assert.Equal(["layer2.0.conv2", "layer2.0.shortcut.0"], pair.Second.Layers.Select(layer => layer.Node.Name).Order());
        Assert.Equal("layer2.0.conv2", pair.Second.Layers[pair.ReaderIndex].Node.Name);
        Assert.Equal("layer2.0.relu1", pair.Hidden.Name);
        Assert.Empty(pair.Second.Others);
    }

    [Fact]
    public void Find_Bottlenecks_FindsBothPairsOfEachBlock()
    {
        var layout = new ResNetLayout { BlockCounts = [1, 2], Bottleneck = true, StemChannels = 4, Outputs = 3 };
        string[] blocks = ["layer1.0", "layer2.0", "layer2.1"];

        Assert.Equal(
            blocks.SelectMany(block => new[] { $"{block}.bn1 → {block}.conv2 → {block}.bn2", $"{block}.bn2 → {block}.conv3 → {block}.add" }),
            Describe(Find(ResNet.Random(1, layout))));
    }

    [Fact]
    public void Find_TwoBranchesOfOneSum_FindsOneOfThem()
    {
        var draw = new NetworkGenerator(1);
        var image = new Node("image", new Input(3, 6, 6));
        var sum = new Node("sum", new Add(), Branch("left"), Branch("right"));

        Assert.Equal(["left1 → left2 → sum"], Describe(Find(End(draw, new Node("relu", new ReLU(), sum), 4))));

        Node Branch(string name) =>
            new($"{name}2", draw.DrawConv(5, 4, 3, 1, 1), new Node($"{name}.relu", new ReLU(), new Node($"{name}1", draw.DrawConv(3, 5, 3, 1, 1), image)));
    }

    [Theory]
    [InlineData("ReLU")]
    [InlineData("LeakyReLU")]
    [InlineData("Clip")]
    public void Find_PlainChain_FindsItsTwoConvolutions(string activation) =>
        Assert.Equal(["first → second → second"], Describe(Find(Chain(activation: activation))));

    [Theory]
    [InlineData("GELU")]
    [InlineData("SiLU")]
    [InlineData("Tanh")]
    [InlineData("Sigmoid")]
    public void Find_SmoothActivation_FindsNothing(string activation) => Assert.Empty(Find(Chain(activation: activation)));

    [Theory]
    [InlineData(1, 4)] // depthwise
    [InlineData(1, 2)]
    [InlineData(4, 1)]
    [InlineData(2, 1)]
    public void Find_GroupedLayer_FindsNothing(int firstGroups, int secondGroups) => Assert.Empty(Find(Chain(firstGroups, secondGroups)));

    [Fact]
    public void Find_HiddenFeaturesAreReadTwice_FindsNothing()
    {
        var draw = new NetworkGenerator(1);
        var image = new Node("image", new Input(4, 6, 6));
        var hidden = new Node("hidden", new ReLU(), new Node("first", draw.DrawConv(4, 4, 3, 1, 1), image));
        var sum = new Node("sum", new Add(), new Node("second", draw.DrawConv(4, 4, 3, 1, 1), hidden), hidden);

        Assert.Empty(Find(End(draw, new Node("relu", new ReLU(), sum), 4)));
    }

    [Fact]
    public void Find_FirstValueIsReadBesidesTheActivation_FindsNothing()
    {
        var draw = new NetworkGenerator(1);
        var image = new Node("image", new Input(4, 6, 6));
        var first = new Node("first", draw.DrawConv(4, 4, 3, 1, 1), image);
        var second = new Node("second", draw.DrawConv(4, 4, 3, 1, 1), new Node("hidden", new ReLU(), first));

        Assert.Empty(Find(End(draw, new Node("relu", new ReLU(), new Node("sum", new Add(), second, first)), 4)));
    }

    [Fact]
    public void Find_PoolingBetweenTheLayers_FindsNothing()
    {
        var draw = new NetworkGenerator(1);
        var image = new Node("image", new Input(4, 6, 6));
        var hidden = new Node("hidden", new ReLU(), new Node("first", draw.DrawConv(4, 4, 3, 1, 1), image));
        var second = new Node("second", draw.DrawConv(4, 4, 3, 1, 1), new Node("maxpool", new MaxPool2d(2), hidden));

        Assert.Empty(Find(End(draw, new Node("relu", new ReLU(), second), 4)));
    }

    [Theory]
    [InlineData("first")]
    [InlineData("hidden")]
    [InlineData("second")]
    public void Find_NodeIsAnOutput_FindsNothing(string node)
    {
        Network chain = Chain();

        Assert.Empty(Find(new Network([.. chain.Heads, new Head("more", chain[node])])));
    }

    [Fact]
    public void Find_SecondActivationIsAnOutput_FindsThePair()
    {
        Network chain = Chain();

        Assert.Single(Find(new Network([.. chain.Heads, new Head("more", chain["relu"])])));
    }

    [Fact]
    public void Find_PartialZip_FindsPairsInTrunkAndTails()
    {
        ZipMember[] members = [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2))];
        var zipper = new Zipper(members, new ZipOptions { Cut = ZipCut.AfterLayers(5), Threads = 1 });
        MergedNetwork merged = zipper.MergeWithOrigins(zipper.Match(zipper.CollectStatistics(SmallNetworks.Images)));
        string[] expected =
        [
            "layer1.0.bn1 → layer1.0.conv2 → layer1.0.add",
            "layer1.1.bn1 → layer1.1.conv2 → layer1.1.add",
            .. from member in (string[])["A", "B"]
               from block in (string[])["layer2.0", "layer2.1"]
               select $"{member}/{block}.bn1 → {member}/{block}.conv2 → {member}/{block}.add",
        ];

        Assert.Equal(expected.Order(), Describe(Find(merged)).Order());
    }

    /// <summary>The pairs of a network of which every layer is merged.</summary>
    internal static RefitPair[] Find(Network network) => Find(new MergedNetwork(
        network, network.Nodes.ToDictionary(node => node,
        node => new NodeOrigin([new NodeOrigin.Source(0, node, null), new NodeOrigin.Source(1, node, null)]))));

    internal static RefitPair[] Find(MergedNetwork merged)
    {
        Dictionary<Node, RefitUnit> units = RefitUnit.Find(merged);
        Dictionary<RefitUnit, RefitPair> pairs = RefitPair.Find(merged.Network, units.Values.Distinct());
        Assert.All(pairs, entry => Assert.Same(entry.Key, entry.Value.Second));
        return [.. pairs.Values.OrderBy(pair => merged.Network.IndexOf(pair.Second.Target))];
    }

    private static IEnumerable<string> Describe(RefitPair[] pairs) =>
        pairs.Select(pair => $"{pair.First.Target.Name} → {pair.Second.Layers[pair.ReaderIndex].Node.Name} → {pair.Second.Target.Name}");

    private static Network Chain(int firstGroups = 1, int secondGroups = 1, string activation = "ReLU")
    {
        Activation function = activation switch
        {
            "ReLU" => new ReLU(),
            "LeakyReLU" => new LeakyReLU(0.1f),
            "Clip" => new Clip(0, 6),
            "GELU" => new GELU(),
            "SiLU" => new SiLU(),
            "Tanh" => new Tanh(),
            _ => new Sigmoid(),
        };
        var draw = new NetworkGenerator(1);
        var image = new Node("image", new Input(4, 6, 6));
        var hidden = new Node("hidden", function, new Node("first", draw.DrawConv(4, 4, 3, 1, 1, groups: firstGroups), image));
        var second = new Node("second", draw.DrawConv(4, 4, 3, 1, 1, groups: secondGroups), hidden);
        return End(draw, new Node("relu", new ReLU(), second), 4);
    }

    private static Network End(NetworkGenerator draw, Node features, int channels) =>
        new(new Head("scores", new Node("linear", draw.DrawLinear(channels, 2),
            new Node("flat", new Flatten(), new Node("pool", new GlobalAveragePool(), features)))));
}
