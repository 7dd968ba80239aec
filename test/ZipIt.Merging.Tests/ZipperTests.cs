using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

/// <summary>Any number of members, unequal heads, and members that differ at the front.</summary>
public sealed class ZipperTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Zip_DifferentNetworksWithUnequalHeads_GivesEachTaskItsOutputs(int count)
    {
        Network[] networks = [.. Enumerable.Range(0, count).Select(m => SmallNetworks.Draw("residual", m, outputs: 2 + m))];
        ZipMember[] members = [.. networks.Select((network, m) => new ZipMember($"task{m}", network))];

        ZipResult result = new Zipper(members, ZipOptions.For(ZipMethod.Paper) with { Threads = 1 }).Zip(SmallNetworks.Images);

        Assert.Equal(members.Select(member => member.Name), result.Network.Heads.Select(head => head.Name));
        Assert.Equal(networks.Select(network => network.ShapeOf(network.Heads[0].Node)[0]),
            result.Network.Heads.Select(head => result.Network.ShapeOf(head.Node)[0]));
        long trunk = NetworkCost.Of(networks[0]).MultiplyAdds - 2 * 12;
        Assert.Equal(trunk + Enumerable.Range(0, count).Sum(m => (2 + m) * 12),
            result.Network.Nodes.Sum(node => NetworkCost.CountMultiplyAdds(result.Network, node)));
        Assert.All(result.Maps, entry => Assert.Equal(count, entry.Map.ModelCount));
    }

    [Fact]
    public void Zip_FourCheckpointsWithMixedHeads_TellsAllTheirClassesApart()
    {
        ZipMember[] members = [.. Reference.PrototypeMembers, new("C", TestFiles.LoadClassNetwork('a')), new("D", TestFiles.LoadClassNetwork('b'))];
        ClassificationTask[] tasks = [.. Reference.PrototypeTasks, .. Reference.ClassScoreTasks];

        Network network = new Zipper(members,
            ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.AfterStage(1), Matcher = new ZipMatcher { Alpha = 0.0001, Beta = 0.075 }, Threads = 1 })
            .Zip(Reference.MixedImages(20)).Network;
        using var file = new MemoryStream();
        NetworkFile.Save(network, file);
        file.Position = 0;
        network = NetworkFile.Load(file, "zipped");
        ZipEvaluation prototypes = ZipEvaluation.Evaluate(network, tasks, Reference.MixedImages(20), new CpuEngine(), threads: 1);
        ZipEvaluation scores = ZipEvaluation.Evaluate(network, Reference.ClassScoreTasks, Reference.MixedImages(20), new CpuEngine(), threads: 1);

        string found = $"A {prototypes.TaskAccuracies[0]:P1}, B {prototypes.TaskAccuracies[1]:P1}, C {scores.TaskAccuracies[0]:P1}, D {scores.TaskAccuracies[1]:P1}";
        Assert.True(prototypes.TaskAccuracies[0] > 0.6 && prototypes.TaskAccuracies[1] > 0.6, found);
        Assert.True(scores.TaskAccuracies[0] > 0.6 && scores.TaskAccuracies[1] > 0.6, found);
        Assert.True(prototypes.JointConfusion[0, 0] + prototypes.JointConfusion[0, 10] > 0.3 * 20,
            "Twice the same class in two tasks: one of the two should win.");
    }

    [Fact]
    public void Zip_ClassScoreHeadsOfUnequalLength_CannotBeShared()
    {
        ZipMember[] members = [new("A", SmallNetworks.Draw("vgg", 1, outputs: 4)), new("B", SmallNetworks.Draw("vgg", 2, outputs: 5))];

        var exception = Assert.Throws<ArgumentException>(() => new Zipper(members, new ZipOptions { Cut = ZipCut.Everything }));

        Assert.Contains("Cut before the heads", exception.Message);
    }

    [Fact]
    public void TaskScorer_ClassScoresOnASharedOutput_Throws()
    {
        Network network = SmallNetworks.Draw("vgg", 1, outputs: 2);
        Network shared = new(new Head("A", network.Heads[0].Node), new Head("B", network.Heads[0].Node));

        var exception = Assert.Throws<ArgumentException>(() =>
            new TaskScorer(shared, [ClassificationTask.FromScores("A", ["a", "b"]), ClassificationTask.FromScores("B", ["c", "d"])]));

        Assert.Contains("'A' has class scores and shares", exception.Message);
    }

    [Theory]
    [InlineData("residual")]
    [InlineData("vgg")]
    public void Zip_OtherNormalization_KeepsStemsApart(string kind)
    {
        // A normalization of its own in front of the same trunk: stems stay apart, all behind them is the same.
        ChannelAffine[] normalizations =
            [ChannelAffine.FromNormalization([0.5, 0.4, 0.3], [0.2, 0.2, 0.3]), ChannelAffine.FromNormalization([0, 0, 0], [1, 1, 1])];
        Network[] networks = [.. normalizations.Select(normalization => SmallNetworks.Draw(kind, 3, normalization: normalization))];

        var zipper = new Zipper([new("A", networks[0]), new("B", networks[1])], ZipOptions.For(ZipMethod.Paper) with { Matcher = new IdentityMatcher() });
        Network zipped = zipper.Zip(SmallNetworks.Images).Network;

        Assert.Equal(2, zipped.Nodes.Count(node => node.Layer is ChannelAffine));
        Assert.DoesNotContain("conv1", zipper.Structure.Shared.Select(node => node.Name));
        Assert.Contains(kind == "vgg" ? "conv2" : "layer1.0.conv1", zipper.Structure.Shared.Select(node => node.Name));
        Assert.Single(zipped.Inputs);
    }

    [Fact]
    public void Zip_OtherNormalizationThatTheStemMakesUpFor_IsTheNetwork()
    {
        // Without padding, scale and shift of the pixels can be undone by the first convolution: B sees other pixels, and computes the same.
        var draw = new NetworkGenerator(5);
        Conv2d stem = draw.DrawConv(3, 6, 3, bias: true);
        var ownScale = new Tensor((float[])[2, 0.5f, 4], 3);
        var ownShift = new Tensor((float[])[1, -2, 0.5f], 3);
        Tensor weight = stem.Weight.Clone(), bias = stem.Bias!.Clone();
        for (int o = 0; o < 6; o++)
        {
            for (int i = 0; i < 27; i++)
            {
                int channel = i / 9;
                bias.Span[o] -= weight.Span[o * 27 + i] / ownScale.Span[channel] * ownShift.Span[channel];
                weight.Span[o * 27 + i] /= ownScale.Span[channel];
            }
        }

        Conv2d second = draw.DrawConv(6, 8, 3, bias: true);
        Linear head = draw.DrawLinear(8, 4);
        Network Build(ChannelAffine? normalization, Conv2d first)
        {
            var input = new Node("input", new Input(3, 8, 8));
            Node x = new("conv1", first, normalization is null ? input : new Node("normalization", normalization, input));
            x = new Node("conv2", second, new Node("relu1", new LeakyReLU(0.1f), x));
            x = new Node("flatten", new Flatten(), new Node("pool", new GlobalAveragePool(), new Node("relu2", new LeakyReLU(0.1f), x)));
            return new Network(new Head("output", new Node("head", head, x)));
        }

        var ones = new Tensor((float[])[1, 1, 1], 3);
        Network a = Build(new ChannelAffine(ones, new Tensor(3)), stem), b = Build(new ChannelAffine(ownScale, ownShift), stem.With(weight, bias));
        Network zipped = new Zipper([new("A", a), new("B", b)], ZipOptions.For(ZipMethod.Paper)).Zip(SmallNetworks.Images).Network;

        Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(b), SmallNetworks.Run(a)));
        Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(zipped, 0), SmallNetworks.Run(a)));
        Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(zipped, 1), SmallNetworks.Run(a)));
    }

    [Fact]
    public void Zip_NarrowAndWideNetwork_KeepsTheWidth()
    {
        Network narrow = ResNet.Random(1, ResNetLayout.Cifar(8) with { StemChannels = 4 }, 8),
            wide = ResNet.Random(2, ResNetLayout.Cifar(8) with { StemChannels = 8 }, 8);

        ZipResult result = new Zipper([new("narrow", narrow), new("wide", wide)], ZipOptions.For(ZipMethod.Paper)).Zip(SmallNetworks.Images);

        Assert.Equal(NetworkCost.Of(wide).MultiplyAdds + 10 * 32, result.Report.Cost.MultiplyAdds);
        Assert.Equal([4, 8], result.Maps[0].Map.Widths.ToArray());
    }

    [Fact]
    public void Match_StatisticsOfALowerCut_SaysWhatIsMissing()
    {
        ZipMember[] members = [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2))];
        IReadOnlyList<SpaceStatistics> statistics = new Zipper(members, new ZipOptions { Cut = ZipCut.AfterStage(1) }).CollectStatistics(SmallNetworks.Images);

        var exception = Assert.Throws<ArgumentException>(() => new Zipper(members).Match(statistics));

        Assert.Contains("'layer2.0.relu1'", exception.Message);
    }
}
