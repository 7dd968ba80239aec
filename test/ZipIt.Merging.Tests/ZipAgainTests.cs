using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

/// <summary>A zipped network is an ordinary network: it can be stored, and zipped again.</summary>
public sealed class ZipAgainTests
{
    private static readonly ZipMember Third = new("C", TestFiles.LoadClassNetwork('a'));

    private static readonly Lazy<Network> Full = new(() => ZipPair(ZipCut.Everything));

    private static readonly Lazy<Network> Partial = new(() => ZipPair(ZipCut.AfterLayers(13)));

    [Fact]
    public void Zip_FullPairWithAThird_ServesAllTasks()
    {
        Network network = Zip([new("AB", Full.Value), Third], ZipCut.BeforeHeads);

        Assert.Equal(["A", "B", "C"], network.Heads.Select(head => head.Name));
        Assert.Equal(NetworkCost.Of(Full.Value).MultiplyAdds + 5 * 64, NetworkCost.Of(network).MultiplyAdds);
        AssertAccuracy(network, 0.35, 0.45);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(13)]
    public void Zip_PartialPairWithAThird_ServesAllTasks(int layers)
    {
        Network network = Zip([new("AB", Partial.Value), Third], ZipCut.AfterLayers(layers));

        Assert.Equal(["A", "B", "C"], network.Heads.Select(head => head.Name));
        AssertAccuracy(network, 0.5, 0.6);
        AssertSurvivesAFile(network);
    }

    [Fact]
    public void Zip_PartialPairWithAThirdAsFarAsPossible_SharesWhatThePairShares()
    {
        var zipper = new Zipper([new("AB", Partial.Value), Third], new ZipOptions { Cut = ZipCut.AsFarAsPossible });
        var expected = new Zipper([new("AB", Partial.Value), Third], new ZipOptions { Cut = ZipCut.AfterLayers(13) });

        Assert.Equal(expected.Structure.Shared.Select(node => node.Name).Order(), zipper.Structure.Shared.Select(node => node.Name).Order());
    }

    [Fact]
    public void Zip_PartialPairBeyondItsCut_SaysWhereTheyDiffer()
    {
        var exception = Assert.Throws<ArgumentException>(() => new Zipper([new("AB", Partial.Value), Third]));

        Assert.Contains("'C' has no counterpart of node 'A/layer3.0.conv1'", exception.Message);
    }

    [Fact]
    public void Zip_TwoPartialPairs_MergesTheirTailsToo()
    {
        Network[] trunks = [SmallNetworks.Draw("residual", 1), SmallNetworks.Draw("residual", 2)];
        Network Pair(string names) => ZipSmall([new(names[..1], trunks[0]), new(names[1..], trunks[1])], ZipCut.AfterStage(1));

        Network network = ZipSmall([new("first", Pair("AB")), new("second", Pair("CD"))], ZipCut.BeforeHeads);

        Assert.Equal(["A", "B", "C", "D"], network.Heads.Select(head => head.Name));
        for (int head = 0; head < 4; head++)
            Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(network, head), SmallNetworks.Run(Pair("AB"), head % 2)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    public void Zip_PairCutInsideAStageWithItself_IsThePair(int layers)
    {
        Network pair = ZipSmall([new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2, outputs: 3))],
            ZipCut.AfterLayers(layers));
        Network renamed = new([.. pair.Heads.Select(head => new Head(head.Name + "'", head.Node))]);

        foreach (int again in new[] { layers - 1, layers })
        {
            Network network = ZipSmall([new("first", pair), new("second", renamed)], ZipCut.AfterLayers(again));
            for (int head = 0; head < 4; head++)
                Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(network, head), SmallNetworks.Run(pair, head % 2)));
        }
    }

    [Fact]
    public void Zip_NamesThatWouldClash_Throws()
    {
        Network pair = ZipSmall([new("A", SmallNetworks.Draw("vgg", 1)), new("B", SmallNetworks.Draw("vgg", 2))], ZipCut.AfterLayers(1));
        Network renamed = new([.. pair.Heads.Select(head => new Head(head.Name + "'", head.Node))]);

        Assert.Throws<ArgumentException>(() => new Zipper([new("A/conv2", pair), new("A", renamed)], new ZipOptions { Cut = ZipCut.BeforeHeads }));
    }

    [Fact]
    public void Match_MemberThatCountsTwice_WeighsItsFeaturesTwice()
    {
        Network network = SmallNetworks.Draw("vgg", 1);
        var zipper = new Zipper([new("A", network) { Weight = 2 }, new("B", network)],
            ZipOptions.For(ZipMethod.Paper) with { Matcher = new IdentityMatcher() });

        FeatureMap map = zipper.Match(zipper.CollectStatistics(SmallNetworks.Images))[0].Map;

        Assert.Equal([new FeatureMap.Entry(0, 2 / 3.0), new FeatureMap.Entry(map.Widths[0], 1 / 3.0)], map.MergeRow(0).ToArray());
        Assert.Equal([new FeatureMap.Entry(0, 1)], map.UnmergeRow(0).ToArray());
    }

    private static void AssertAccuracy(Network network, double joint, double average)
    {
        ZipEvaluation pair = ZipEvaluation.Evaluate(network, Reference.PrototypeTasks, Reference.MixedImages(20), new CpuEngine(), threads: 1);
        ZipEvaluation third = ZipEvaluation.Evaluate(network, [Reference.ClassScoreTasks[0]], Reference.MixedImages(20), new CpuEngine(), threads: 1);
        string found = $"joint {pair.JointAccuracy:P1}, A {pair.TaskAccuracies[0]:P1}, B {pair.TaskAccuracies[1]:P1}, C {third.JointAccuracy:P1}";
        Assert.True(pair.JointAccuracy > joint, found);
        Assert.True(pair.AverageAccuracy > average, found);
        Assert.True(third.JointAccuracy > average, found);
    }

    private static void AssertSurvivesAFile(Network network)
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(network, stream);
        stream.Position = 0;
        Network loaded = NetworkFile.Load(stream, "zipped");
        for (int head = 0; head < network.Heads.Count; head++)
            Assert.Equal(Reference.Run(network, head), Reference.Run(loaded, head));
    }

    private static Network ZipPair(ZipCut cut) => Zip(Reference.PrototypeMembers, cut);

    private static Network Zip(IReadOnlyList<ZipMember> members, ZipCut cut) =>
        new Zipper(members, ZipOptions.For(ZipMethod.Paper) with { Cut = cut, Matcher = new ZipMatcher { Alpha = 0.1, Beta = 0.8 }, Threads = 1 })
            .Zip(Reference.MixedImages(20)).Network;

    private static Network ZipSmall(IReadOnlyList<ZipMember> members, ZipCut cut) =>
        new Zipper(members, ZipOptions.For(ZipMethod.Paper) with { Cut = cut, ResetBatchNorm = false, Threads = 1 }).Zip(SmallNetworks.Images).Network;
}
