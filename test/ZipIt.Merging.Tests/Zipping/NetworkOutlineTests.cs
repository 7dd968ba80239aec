using ZipIt.Networks;

namespace ZipIt.Merging.Tests.Zipping;

/// <summary>What is known of a zipped network before features are matched.</summary>
public sealed class NetworkOutlineTests
{
    [Theory]
    [InlineData("residual", 0)]
    [InlineData("residual", 3)]
    [InlineData("bottleneck", 4)]
    [InlineData("dense", 0)]
    [InlineData("depthwise", 0)]
    [InlineData("vgg", 2)]
    public void Outline_AnyArchitecture_HasNodesShapesAndOriginsOfTheMerge(string kind, int cutAfter)
    {
        ZipCut cut = cutAfter == 0 ? ZipCut.BeforeHeads : ZipCut.AfterLayers(cutAfter);
        var zipper = new Zipper([new("A", SmallNetworks.Draw(kind, 1)), new("B", SmallNetworks.Draw(kind, 2, outputs: 3))], new ZipOptions { Cut = cut });
        IReadOnlyList<SpaceMap> maps = zipper.Match(zipper.CollectStatistics(SmallNetworks.Images));

        MergedNetwork merged = zipper.MergeWithOrigins(maps);
        MergedNetwork outline = NetworkMerger.Outline(zipper.Structure, maps.ToDictionary(entry => entry.Space.Index, entry => entry.Map.MergedCount));

        Assert.Equal(merged.Network.Nodes.Select(node => Describe(merged, node)), outline.Network.Nodes.Select(node => Describe(outline, node)));
        Assert.Equal(NetworkCost.Of(merged.Network), NetworkCost.Of(outline.Network));
    }

    [Fact]
    public void Outline_SharedLayers_AreZerosInOnePieceOfMemory()
    {
        var zipper = new Zipper([new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2))]);

        MergedNetwork outline = NetworkMerger.Outline(zipper.Structure, zipper.MergedSpaces.ToDictionary(space => space.Index, space => space.Width));

        IEnumerable<Tensor> shared = outline.Network.Nodes.Where(node => !node.Name.Contains('/')).SelectMany(node => node.Layer.Parameters)
            .Select(parameter => parameter.Value).OfType<Tensor>();
        Assert.All(shared, tensor => Assert.True(tensor.Span.IndexOfAnyExcept(0f) < 0));
    }

    [Fact]
    public void Zip_WidthsFromTheOptions_SamplesMembersWhileTheyRunForTheStatistics()
    {
        var engine = new RecordingEngine();
        ZipMember[] members = [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2))];
        var options = new ZipOptions { Engine = engine, Widths = new Dictionary<string, int> { ["layer1.1.relu2"] = 11, ["layer2.0.relu1"] = 5 } };
        var zipper = new Zipper(members, options);

        Network together = zipper.Zip(SmallNetworks.Images).Network;
        int sessions = engine.Networks.Count;
        Network apart = zipper.Refit(zipper.Match(zipper.CollectStatistics(SmallNetworks.Images)), SmallNetworks.Images).Network;

        Assert.Equal(SmallNetworks.Run(apart), SmallNetworks.Run(together));
        Assert.Equal(engine.Networks.Count - sessions - members.Length, sessions);
    }

    private static string Describe(MergedNetwork merged, Node node) =>
        $"{node.Name}: {node.Layer.Signature} {Tensor.FormatShape(merged.Network.ShapeOf(node))} of "
        + string.Join(", ", merged.Origins[node].Sources.Select(source => $"{source.Member} {source.Node.Name}"));
}
