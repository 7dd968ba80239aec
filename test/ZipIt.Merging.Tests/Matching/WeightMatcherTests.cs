using ZipIt.Networks;

namespace ZipIt.Merging.Tests.Matching;

public class WeightMatcherTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Match_PermutedCopy_FindsThePermutation(int seed)
    {
        Network network = Reference.ClassScoreMembers[0].Network;
        Network copy = Permute(network, seed, out Dictionary<int, int[]> orders);
        var zipper = new Zipper([new ZipMember("original", network), new ZipMember("copy", copy)], new ZipOptions { ResetBatchNorm = false });
        IReadOnlyList<SpaceMap> maps = new WeightMatcher().Match(zipper);
        Assert.Equal(12, maps.Count);
        foreach (SpaceMap map in maps)
        {
            int[] order = orders[map.Space.Index];
            Assert.All(Problems.Groups(map.Map), group => Assert.Equal(group[0], order[group[1] - map.Space.Width]));
        }

        float[] expected = Reference.Run(network), actual = Reference.Run(zipper.Merge(maps)), own = Reference.Run(copy);
        for (int k = 0; k < expected.Length; k++)
        {
            Assert.Equal(expected[k], own[k], 1e-3f);
            Assert.Equal(expected[k], actual[k], 1e-3f);
        }
    }

    [Fact]
    public void Match_TwoTasks_LiesCloserThanAveragingAndIsRepeatable()
    {
        var zipper = new Zipper(Reference.PrototypeMembers, new ZipOptions { Cut = ZipCut.Everything });
        IReadOnlyList<SpaceMap> maps = new WeightMatcher().Match(zipper), again = new WeightMatcher().Match(zipper);
        Assert.Equal(maps.Select(map => Problems.Describe(map.Map)), again.Select(map => Problems.Describe(map.Map)));
        Assert.Equal(zipper.MergedSpaces, maps.Select(map => map.Space));
        Assert.True(SquaredNorm(zipper.Merge(maps)) > SquaredNorm(zipper.Merge(Averages(zipper))), "Averages of aligned weights must cancel less.");
    }

    [Fact]
    public void Match_FourMembers_AlignsEachWithTheFirst()
    {
        Network network = Reference.ClassScoreMembers[0].Network;
        Network[] copies = [network, .. Enumerable.Range(5, 3).Select(seed => Permute(network, seed, out _))];
        var zipper = new Zipper([.. copies.Select((copy, m) => new ZipMember($"copy {m}", copy))], new ZipOptions { ResetBatchNorm = false });
        float[] expected = Reference.Run(network), actual = Reference.Run(zipper.Merge(new WeightMatcher().Match(zipper)), 3);
        for (int k = 0; k < expected.Length; k++)
            Assert.Equal(expected[k], actual[k], 1e-3f);
    }

    private static IReadOnlyList<SpaceMap> Averages(Zipper zipper) =>
        [.. zipper.MergedSpaces.Select(space => new SpaceMap(
            space,
            FeatureMap.FromGroups([space.Width, space.Width], [.. Enumerable.Range(0, space.Width).Select(j => new[] { j, j + space.Width })])))];

    private static double SquaredNorm(Network network)
    {
        double sum = 0;
        foreach (Node node in network.Nodes)
        {
            if (node.Layer is Conv2d conv)
            {
                foreach (float value in conv.Weight.Span)
                    sum += (double)value * value;
            }
        }

        return sum;
    }

    /// <summary>The same function with shuffled channels: channel i of the copy is channel order[i] of the original.</summary>
    [Theory]
    [InlineData(ZipMethod.Paper)]
    [InlineData(ZipMethod.Best)]
    public void Zip_WeightMatcherInTheOptions_MergesItsMaps(ZipMethod method)
    {
        ZipMember[] members = [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2, outputs: 3)) { Weight = 3 }];
        ZipOptions options = ZipOptions.For(method) with { Matcher = new WeightMatcher { Seed = 4 }, Threads = 1 };

        ZipResult result = new Zipper(members, options).Zip(SmallNetworks.Images);

        IReadOnlyList<SpaceMap> expected = new WeightMatcher { Seed = 4 }.Match(new Zipper(members));
        Assert.Equal(expected.Select(map => Problems.Describe(map.Map)), result.Maps.Select(map => Problems.Describe(map.Map)));
        Assert.All(result.Maps, map => Assert.Equal([0.25, 0.75], map.Map.MergeRow(0).ToArray().Select(entry => entry.Weight)));
        Assert.Equal(expected.Count, result.Report.Spaces.Count);
        Assert.All(result.Report.Spaces, space => Assert.InRange(space.Unexplained, 1e-6, 1));
        Assert.Equal("Weight matching", result.Report.Matcher);
        Assert.Equal(method == ZipMethod.Best, result.Report.Layers.Count > 0);
    }

    [Fact]
    public void Zipper_WeightMatcherAndNetworksOfTwoWidths_IsRefusedAtOnce()
    {
        ZipMember[] members = [new("narrow", ResNet.Random(1, ResNetLayout.Cifar(8) with { StemChannels = 4 }, 8)),
            new("wide", ResNet.Random(2, ResNetLayout.Cifar(8), 8))];

        var exception = Assert.Throws<ArgumentException>(() => new Zipper(members, new ZipOptions { Matcher = new WeightMatcher() }));

        Assert.Contains("networks of one width", exception.Message);
    }

    private static Network Permute(Network network, int seed, out Dictionary<int, int[]> orders)
    {
        var random = new Random(seed);
        FeatureSpaces spaces = FeatureSpaces.Find(network);
        Dictionary<int, int[]> drawn = spaces.ToDictionary(space => space.Index, space =>
        {
            int[] order = [.. Enumerable.Range(0, space.Width)];
            if (!space.IsInput && !space.IsOutput)
                random.Shuffle(order);
            return order;
        });
        orders = drawn;
        return network.Replace(node =>
        {
            int[] outputs = drawn[spaces.LayoutOf(node)[0].Space];
            switch (node.Layer)
            {
                case Conv2d conv:
                    return conv.With(Gather(conv.Weight, outputs, drawn[spaces.LayoutOf(node.Inputs[0])[0].Space]), conv.Bias);
                case Linear linear:
                    return new Linear(Gather(linear.Weight, outputs, drawn[spaces.LayoutOf(node.Inputs[0])[0].Space]), linear.Bias);
                case BatchNorm2d norm:
                    return new BatchNorm2d(Gather(norm.Weight, outputs), Gather(norm.Bias, outputs), Gather(norm.Mean, outputs), Gather(norm.Variance, outputs),
                        norm.Epsilon);
                default:
                    return node.Layer;
            }
        });
    }

    private static Tensor Gather(Tensor tensor, int[] outputs, int[]? inputs = null)
    {
        inputs ??= [0];
        Tensor gathered = tensor.Clone();
        int taps = tensor.Length / (outputs.Length * inputs.Length);
        for (int o = 0; o < outputs.Length; o++)
        {
            for (int i = 0; i < inputs.Length; i++)
                tensor.Span.Slice((outputs[o] * inputs.Length + inputs[i]) * taps, taps).CopyTo(gathered.Span.Slice((o * inputs.Length + i) * taps, taps));
        }

        return gathered;
    }
}
