using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

/// <summary>Members that normalize images differently.</summary>
public sealed class SharedNormalizationTests
{
    private static readonly ChannelAffine First = Normalization(0.5f, 2, -1, 0.3f, -0.2f, 0.1f);
    private static readonly ChannelAffine Second = Normalization(1.5f, 0.7f, 1, -0.4f, 0.1f, 0.6f);

    private static readonly ZipOptions Averaging =
        ZipOptions.For(ZipMethod.Paper) with { Matcher = new IdentityMatcher(), ResetBatchNorm = false, ShareNormalization = true, Threads = 1 };

    [Theory]
    [InlineData(ZipMethod.Best, true)]
    [InlineData(ZipMethod.Paper, false)]
    [InlineData(ZipMethod.PaperWithRefit, false)]
    public void For_Method_SharesNormalizationOnlyIfItIsOurs(ZipMethod method, bool expected) =>
        Assert.Equal(expected, ZipOptions.For(method).ShareNormalization);

    [Fact]
    public void Merge_OneFunctionBehindTwoNormalizations_IsThatFunction()
    {
        Network first = Draw(First, kernel: 1), second = Renormalize(first, Second);

        Zipper zipper = Zip(first, second, Averaging);
        Network merged = zipper.Merge(Match(zipper));

        Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(second), SmallNetworks.Run(first)));
        Assert.True(zipper.SharesNormalization);
        Assert.Equal(NetworkCost.Of(first).MultiplyAdds + 8 * 4, NetworkCost.Of(merged).MultiplyAdds); // one stem, and a head for each
        Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(merged), SmallNetworks.Run(first)));
    }

    [Fact]
    public void Zip_PaddedStem_TheRefitAbsorbsTheBorder()
    {
        Network first = Draw(First, kernel: 3), second = Renormalize(first, Second);
        Zipper zipper = Zip(first, second, Averaging with { Cut = ZipCut.Everything, Refit = new RefitOptions() });
        IReadOnlyList<SpaceMap> maps = Match(zipper);
        float[] expected = [.. SmallNetworks.Run(first).Zip(SmallNetworks.Run(second), (a, b) => (a + b) / 2)];

        double before = Distance(zipper.Merge(maps)), after = Distance(zipper.Refit(maps, SmallNetworks.Images).Network);

        Assert.InRange(before, 1e-5, 1);
        Assert.InRange(after, 0, 0.8 * before);

        double Distance(Network network) => SmallNetworks.Run(network).Zip(expected, (a, b) => Math.Pow(a - b, 2)).Sum() / expected.Sum(value => value * value);
    }

    [Fact]
    public void Merge_WithoutSharing_KeepsStemsApart()
    {
        Network first = Draw(First, kernel: 3), second = Draw(Second, kernel: 3, seed: 2);

        Zipper zipper = Zip(first, second, Averaging with { ShareNormalization = false });

        Assert.False(zipper.SharesNormalization);
        Network merged = zipper.Merge(Match(zipper));
        Assert.True(merged.Contains("A/stem.merge") && merged.Contains("B/stem.merge"));
    }

    [Fact]
    public void Zipper_EqualNormalizations_AreTakenAsTheyAre()
    {
        Network network = Draw(First, kernel: 3);

        Zipper zipper = Zip(network, Draw(First, kernel: 3, seed: 2), Averaging);

        Assert.False(zipper.SharesNormalization);
        Assert.Same(network, zipper.Members[0].Network);
        Assert.Null(((Conv2d)zipper.Merge(Match(zipper))["stem"].Layer).Bias);
    }

    [Fact]
    public void Merge_NoneOneAndTwoLayersOfNormalization_AreMadeOne()
    {
        Network none = Draw(null, kernel: 1), one = Renormalize(none, Second);
        Network two = Split(Renormalize(none, First));

        foreach (Network[] members in (Network[][])[[none, one], [one, none], [two, one], [none, two], [two, none]])
        {
            Zipper zipper = Zip(members[0], members[1], Averaging);
            Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(zipper.Merge(Match(zipper))), SmallNetworks.Run(none)));
            Assert.All(zipper.Members, member => Assert.Single(member.Network.Nodes, node => node.Layer is ChannelAffine));
        }
    }

    [Fact]
    public void Merge_StartBehindTheStem_LeavesEachMemberItsOwn()
    {
        Network first = Draw(First, kernel: 3), second = Draw(Second, kernel: 3, seed: 2);

        Zipper zipper = Zip(first, second, Averaging with { Start = ZipCut.AfterLayers(1), Cut = ZipCut.AfterLayers(1) });
        Network merged = zipper.Merge(Match(zipper));

        Assert.False(zipper.SharesNormalization);
        Assert.Equal(SmallNetworks.Run(first), SmallNetworks.Run(merged));
        Assert.Equal(SmallNetworks.Run(second), SmallNetworks.Run(merged, 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(float.PositiveInfinity)]
    public void Zipper_FactorThatCannotBeUndone_KeepsStemsApart(float factor) =>
        Assert.False(Zip(Draw(Normalization(factor, 1, 1, 0, 0, 0), kernel: 3), Draw(Second, kernel: 3, seed: 2), Averaging).SharesNormalization);

    [Fact]
    public void Zip_BestMethod_SharesTheStem()
    {
        Network[] networks = [SmallNetworks.Draw("residual", 1, normalization: First), SmallNetworks.Draw("residual", 2, normalization: Second)];

        ZipResult result = new Zipper([new("A", networks[0]), new("B", networks[1])], new ZipOptions { Threads = 1 }).Zip(SmallNetworks.Images);

        Assert.Single(result.Network.Nodes, node => node.Layer is ChannelAffine && node.Inputs[0].Layer is Input);
        Assert.Contains("relu", result.Report.Spaces[0].Name);
    }

    [Fact]
    public void Match_Weights_ComparesThemForTheSameImages()
    {
        Network first = Draw(First, kernel: 1), second = Renormalize(SmallNetworks.Permute(first, 3), Second);

        Zipper zipper = Zip(first, second, Averaging with { Matcher = new WeightMatcher() });

        Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(zipper.Zip(SmallNetworks.Images).Network), SmallNetworks.Run(first)));
    }

    private static Zipper Zip(Network first, Network second, ZipOptions options) => new([new("A", first), new("B", second)], options);

    private static IReadOnlyList<SpaceMap> Match(Zipper zipper) => zipper.Match(zipper.CollectStatistics(SmallNetworks.Images));

    private static Network Draw(ChannelAffine? normalization, int kernel, int seed = 1)
    {
        var draw = new TestFramework.NetworkGenerator(seed);
        Node x = new("input", new Input(3, 8, 8));
        if (normalization is not null)
            x = new Node("normalization", normalization, x);
        x = new Node("relu1", new ReLU(), new Node("stem", draw.DrawConv(3, 6, kernel, 1, kernel / 2), x));
        x = new Node("relu2", new ReLU(), new Node("conv", draw.DrawConv(6, 8, 3, 2, 1), x));
        x = new Node("flatten", new Flatten(), new Node("pool", new GlobalAveragePool(), x));
        return new Network(new Head("output", new Node("head", draw.DrawLinear(8, 4), x)));
    }

    /// <summary>The same function (but for the border) of other normalization.</summary>
    private static Network Renormalize(Network network, ChannelAffine normalization)
    {
        if (!network.Contains("normalization"))
        {
            var rewriter = new NetworkRewriter(network);
            rewriter.InsertBehind(network.Inputs[0], "normalization", Normalization(1, 1, 1, 0, 0, 0));
            network = rewriter.ToNetwork();
        }

        var own = (ChannelAffine)network["normalization"].Layer;
        Conv2d stem = SharedNormalization.TakeIn((Conv2d)network["stem"].Layer, own, normalization);
        return network.Replace(node => node.Name switch { "normalization" => normalization, "stem" => stem, _ => node.Layer });
    }

    /// <summary>The same function with its normalization in two layers: factors first.</summary>
    private static Network Split(Network network)
    {
        var whole = (ChannelAffine)network["normalization"].Layer;
        var rewriter = new NetworkRewriter(network);
        var ones = new Tensor(3);
        ones.Span.Fill(1);
        rewriter.Replace(network["normalization"], new ChannelAffine(whole.Scale, new Tensor(3)));
        rewriter.InsertBehind(network["normalization"], "shift", new ChannelAffine(ones, whole.Shift));
        return rewriter.ToNetwork();
    }

    private static ChannelAffine Normalization(float a, float b, float c, float x, float y, float z) =>
        new(new Tensor(new[] { a, b, c }, 3), new Tensor(new[] { x, y, z }, 3));
}
