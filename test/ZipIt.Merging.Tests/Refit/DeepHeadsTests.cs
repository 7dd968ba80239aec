using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

public sealed class DeepHeadsTests
{
    private static readonly Network TwoBlocks = ResNet.Random(1, ResNetLayout.Cifar(14), 8);

    [Fact]
    public void Widen_ResNet_ReadsEveryActivationOfTheLastStage()
    {
        MergedNetwork deep = DeepHeads.Widen(Merged(TwoBlocks));
        Node stage = deep.Network.Heads[0].Node.Inputs[0].Inputs[0];

        Assert.Equal(["avgpool", "avgpool.layer3.1.relu1", "avgpool.layer3.0.relu2", "avgpool.layer3.0.relu1"], stage.Inputs.Select(node => node.Name));
        Assert.Equal(stage.Inputs.Skip(1).Select(node => node.Name).Order(), deep.Readouts.Select(node => node.Name).Order());
        Assert.All(deep.Network.Nodes, node => Assert.True(deep.Origins.ContainsKey(node)));
    }

    [Fact]
    public void Widen_ResNet_LeavesTheOutputs()
    {
        Network deep = DeepHeads.Widen(Merged(TwoBlocks)).Network;

        Assert.True(RefitNetworks.Distance(Run(TwoBlocks), Run(deep)) < 1e-5);
    }

    [Fact]
    public void Widen_HeadsThatReadHiddenFeatures_LeavesThePairs()
    {
        MergedNetwork deep = DeepHeads.Widen(Merged(TwoBlocks));
        IEnumerable<string> pairs = RefitPair.Find(deep.Network, RefitUnit.Find(deep).Values.Distinct(), deep.Readouts).Values.Select(pair => pair.Hidden.Name);

        Assert.Equal(RefitPairTests.Find(TwoBlocks).Select(pair => pair.Hidden.Name).Order(), pairs.Order());
    }

    [Theory]
    [InlineData(400, 800)]
    [InlineData(600, 600)]
    public void Widen_WideLayers_ReadsAThousandColumnsAtMost(int width, int columns)
    {
        var draw = new NetworkGenerator(1);
        var image = new Node("image", new Input(3, 2, 2));
        Node first = Layer("first", 3, image), second = Layer("second", width, first), third = Layer("third", width, second);
        var pooled = new Node("flat", new Flatten(), new Node("pool", new GlobalAveragePool(), third));
        var network = new Network(new Head("scores", new Node("linear", new Linear(new Tensor(2, width)), pooled)));

        Assert.Equal(columns, ((Linear)DeepHeads.Widen(Merged(network)).Network.Heads[0].Node.Layer).Weight[1]);

        Node Layer(string name, int inputs, Node input) => new($"{name}.relu", new ReLU(), new Node(name, draw.DrawConv(inputs, width, 1, 1, 0), input));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    public void Widen_Budget_IsNotExceeded(int difference, bool widens)
    {
        MergedNetwork merged = Merged(TwoBlocks);
        long cost = NetworkCost.Of(DeepHeads.Widen(merged).Network).MultiplyAdds;

        Assert.Equal(widens, !ReferenceEquals(merged, DeepHeads.Widen(merged, cost + difference)));
    }

    [Fact]
    public void Widen_HeadBehindAnotherLinearLayer_LeavesTheNetwork()
    {
        MergedNetwork merged = Merged(RefitNetworks.Create(1));

        Assert.Same(merged, DeepHeads.Widen(merged));
    }

    [Theory]
    [InlineData(true, 384)]
    [InlineData(false, 64)]
    public void Zip_ClassScores_FitsAllThatTheHeadsRead(bool deep, int columns)
    {
        ZipOptions options = ZipOptions.For(ZipMethod.Best) with { Refit =
            new RefitOptions { DeepHeads = deep, PairRounds = 0, ActivationRounds = 0, SamplesPerUnknown = 4 } };
        ZipResult result = new Zipper(Reference.ClassScoreMembers, options).Zip(Reference.MixedImages(4));

        Assert.Equal([columns, columns], result.Report.Layers.TakeLast(2).Select(layer => layer.Unknowns));
        Assert.All(result.Network.Heads, head => Assert.Equal(columns, ((Linear)head.Node.Layer).Weight[1]));
    }

    private static MergedNetwork Merged(Network network) =>
        new(network, network.Nodes.ToDictionary(node => node,
            node => new NodeOrigin([new NodeOrigin.Source(0, node, null), new NodeOrigin.Source(1, node, null)])));

    private static float[] Run(Network network)
    {
        var random = new Random(1);
        var images = new Tensor(4, 3, 8, 8);
        foreach (ref float value in images.Span)
            value = random.NextSingle() - 0.5f;
        return RefitNetworks.Run(network, new InMemoryImages(images));
    }
}
