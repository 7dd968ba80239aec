using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests.Zipping;

/// <summary>Merging goes by what layers declare, and refuses those that do not.</summary>
public sealed class DeclarationTests
{
    [Fact]
    public void Zip_LayerThatDoesNotSayWhatItDoesToChannels_IsRefusedByName() => AssertRefused(new Silent());

    [Fact]
    public void Zip_LayerWhoseTensorBelongsToNoChannel_IsRefusedByName() => AssertRefused(new Weighted(new Tensor(5)));

    [Fact]
    public void Zip_SilentLayerAsFarAsPossible_EndsBeforeTheChannelsThatItTakes()
    {
        Network network = MakeNetwork(1, new Silent());
        var zipper = new Zipper([new("A", network), new("B", network)], new ZipOptions { Cut = ZipCut.AsFarAsPossible });
        Assert.Equal(["conv0", "input", "relu0"], zipper.Structure.Shared.Select(node => node.Name).Order());
    }

    [Fact]
    public void Merge_Slopes_AreMergedAsTheirChannels()
    {
        Network[] networks = [SmallNetworks.Draw("prelu", 1), SmallNetworks.Draw("prelu", 2)];
        var zipper = new Zipper([new("A", networks[0]), new("B", networks[1])], new ZipOptions { Matcher = new PermutationMatcher() });
        IReadOnlyList<SpaceMap> maps = zipper.Match(zipper.CollectStatistics(SmallNetworks.Images));
        Network zipped = zipper.Merge(maps);
        Assert.Equal(4, zipped.Nodes.Count(node => node.Layer is PReLU && !node.Name.Contains('/')));

        FeatureMap map = maps.Single(entry => entry.Space.Nodes.Any(node => node.Name == "prelu1")).Map;
        ReadOnlySpan<float> slopes = ((PReLU)zipped["prelu1"].Layer).Slope.Span;
        float[] sources = [.. networks.SelectMany(network => ((PReLU)network["prelu1"].Layer).Slope.Span.ToArray())];
        for (int p = 0; p < slopes.Length; p++)
            Assert.Equal(map.MergeRow(p).ToArray().Sum(entry => entry.Weight * sources[entry.Index]), slopes[p], 1e-6);
    }

    [Theory]
    [InlineData(ZipMethod.Best)]
    [InlineData(ZipMethod.PaperWithRefit)]
    public void Zip_SlopesWithRefit_GivesBackTheNetworkOfPermutedCopies(ZipMethod method)
    {
        Network network = SmallNetworks.Draw("prelu", 3);
        Network copy = SmallNetworks.Permute(network, 4);
        ZipOptions options = ZipOptions.For(method) with { Threads = 1 };
        Network zipped = new Zipper([new("A", network), new("B", copy)], options).Zip(SmallNetworks.Images).Network;

        Assert.Contains(zipped.Nodes, node => node.Layer is PReLU);
        Assert.DoesNotContain(zipped.Nodes, node => node.Layer is BatchNorm2d);
        Assert.True(Correlation(SmallNetworks.Run(zipped, 0), SmallNetworks.Run(network)) > 0.999);
        Assert.True(Correlation(SmallNetworks.Run(zipped, 1), SmallNetworks.Run(copy)) > 0.999);
    }

    [Fact]
    public void Match_WeightsOfPermutedCopiesWithSlopes_FindsThePermutation()
    {
        Network network = SmallNetworks.Draw("prelu", 5);
        Network copy = SmallNetworks.Permute(network, 6);
        var zipper = new Zipper([new("A", network), new("B", copy)]);
        Network zipped = zipper.Merge(new WeightMatcher().Match(zipper));
        Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(zipped, 0), SmallNetworks.Run(network)));
    }

    private static void AssertRefused(Layer layer)
    {
        Network network = MakeNetwork(1, layer);
        FeatureSpaces spaces = FeatureSpaces.Find(network);
        Assert.Contains("'odd'", spaces[spaces.LayoutOf(network["relu"])[0].Space].Obstacle);
        Assert.Contains("'odd'", spaces[spaces.LayoutOf(network["odd"])[0].Space].Obstacle);

        string message = Assert.Throws<ArgumentException>(() => new Zipper([new("A", network), new("B", MakeNetwork(2, layer))])).Message;
        Assert.Contains($"{layer.Kind} 'odd'", message);
        Assert.Contains("Choose an earlier cut", message);
    }

    private static Network MakeNetwork(int seed, Layer odd)
    {
        var draw = new NetworkGenerator(seed);
        var stem = new Node("relu0", new ReLU(), new Node("conv0", draw.DrawConv(3, 4, 3), new Node("input", new Input(3, 8, 8))));
        var relu = new Node("relu", new ReLU(), new Node("conv", draw.DrawConv(4, 5, 3), stem));
        return new Network(new Head("output", new Node("last", draw.DrawConv(5, 2, 1), new Node("odd", odd, relu))));
    }

    private static double Correlation(float[] x, float[] y)
    {
        double meanX = x.Average(), meanY = y.Average();
        double products = x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum();
        return products / Math.Sqrt(x.Sum(a => (a - meanX) * (a - meanX)) * y.Sum(b => (b - meanY) * (b - meanY)));
    }

    private sealed record Silent : Activation
    {
        public override ChannelFlow Flow => ChannelFlow.Undeclared;

        public override string Signature => Kind;
    }

    private sealed record Weighted(Tensor Weight) : Activation
    {
        public override string Signature => Kind;

        public override IReadOnlyList<LayerParameter> Parameters => [new("weight", ParameterRole.Coefficient, Weight, ParameterAxis.None)];
    }
}
