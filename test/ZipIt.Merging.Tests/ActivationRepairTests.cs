using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

/// <summary>Networks whose normalization was folded into their convolutions.</summary>
public sealed class ActivationRepairTests
{
    private static readonly ZipOptions Paper = ZipOptions.For(ZipMethod.Paper) with { Threads = 1 };

    [Fact]
    public void Zip_FoldedClassifiers_IsAsGoodAsTheResetOfThePlainOnes()
    {
        ZipMember[] folded = [.. Reference.ClassScoreMembers.Select(member => new ZipMember(member.Name, BatchNormFolding.Fold(member.Network)))];
        ZipOptions options = Paper with { Cut = ZipCut.AfterLayers(13) };

        double plain = Accuracy(Reference.ClassScoreMembers, options);
        double none = Accuracy(folded, options with { ResetBatchNorm = false });
        double repaired = Accuracy(folded, options);

        string found = $"reset {plain:P1}, without repair {none:P1}, with repair {repaired:P1}";
        Assert.True(repaired > none + 0.05, found);
        Assert.True(repaired > plain - 0.05, found);
    }

    [Theory]
    [InlineData("residual")]
    [InlineData("bottleneck")]
    [InlineData("depthwise")]
    public void Zip_FoldedNetworks_GivesLayersTheMomentsOfTheirSources(string kind)
    {
        ZipMember[] members = [.. Enumerable.Range(1, 2).Select(seed => new ZipMember($"{seed}", BatchNormFolding.Fold(SmallNetworks.Draw(kind, seed))))];
        var zipper = new Zipper(members, Paper with { BatchSize = 24, Shuffle = false });
        IReadOnlyList<SpaceMap> maps = zipper.Match(zipper.CollectStatistics(SmallNetworks.Images));
        MergedNetwork merged = zipper.MergeWithOrigins(maps);
        Network repaired = zipper.Finish(maps, SmallNetworks.Images).Network;

        int checkedLayers = 0;
        foreach (Node node in repaired.Nodes.Where(node => node.Layer is Conv2d))
        {
            NodeOrigin origin = merged.Origins[merged.Network[node.Name]];
            (double[] mean, double[] deviation) = Measure(repaired, node.Name);
            var sources = origin.Sources.Select(source => (source.Rows, Moments: Measure(members[source.Member].Network, source.Node.Name))).ToArray();
            for (int c = 0; c < mean.Length; c++)
            {
                double wantedMean = 0, wantedDeviation = 0;
                foreach ((SparseRows? rows, (double[] Mean, double[] Deviation) moments) in sources)
                {
                    foreach (FeatureMap.Entry entry in rows is null ? [new FeatureMap.Entry(c, 1)] : rows[c])
                    {
                        wantedMean += entry.Weight * moments.Mean[entry.Index];
                        wantedDeviation += entry.Weight * moments.Deviation[entry.Index];
                    }
                }

                Assert.InRange(mean[c], wantedMean - 0.01 * (1 + wantedDeviation), wantedMean + 0.01 * (1 + wantedDeviation));
                Assert.InRange(deviation[c], 0.98 * wantedDeviation, 1.02 * wantedDeviation);
            }

            checkedLayers++;
        }

        Assert.InRange(checkedLayers, 3, 100);
        Assert.Equal(merged.Network.Nodes.Select(node => node.Name), repaired.Nodes.Select(node => node.Name));
    }

    [Fact]
    public void Zip_HiddenLinearLayers_AreRepairedToo()
    {
        ZipMember[] members = [.. Enumerable.Range(1, 2).Select(seed => new ZipMember($"{seed}", DrawPerceptron(seed)))];
        var zipper = new Zipper(members, Paper with { BatchSize = 24, Matcher = new IdentityMatcher() });
        IReadOnlyList<SpaceMap> maps = zipper.Match(zipper.CollectStatistics(SmallNetworks.Images));
        Network repaired = zipper.Finish(maps, SmallNetworks.Images).Network;

        foreach (string layer in (ReadOnlySpan<string>)["conv", "first", "second"])
        {
            (double[] mean, double[] deviation) = Measure(repaired, layer);
            (double[] Mean, double[] Deviation)[] own = [.. members.Select(member => Measure(member.Network, layer))];
            for (int c = 0; c < mean.Length; c++)
            {
                Assert.Equal((own[0].Mean[c] + own[1].Mean[c]) / 2, mean[c], 0.01 * (1 + deviation[c]));
                Assert.Equal((own[0].Deviation[c] + own[1].Deviation[c]) / 2, deviation[c], 0.02 * deviation[c]);
            }
        }
    }

    [Fact]
    public void Zip_FoldedNetworks_DoesNotDependOnThreads()
    {
        ZipMember[] members = [.. Enumerable.Range(1, 2).Select(seed => new ZipMember($"{seed}", BatchNormFolding.Fold(SmallNetworks.Draw("residual", seed))))];

        float[] one = SmallNetworks.Run(new Zipper(members, Paper with { BatchSize = 24 }).Zip(SmallNetworks.Images).Network);
        float[] two = SmallNetworks.Run(new Zipper(members, Paper with { BatchSize = 24, Threads = 2 }).Zip(SmallNetworks.Images).Network);

        Assert.Equal(one, two);
    }

    private static double Accuracy(IReadOnlyList<ZipMember> members, ZipOptions options)
    {
        Network network = new Zipper([.. members.Select((member, m) => new ZipMember("CD"[m].ToString(), member.Network))], options).Zip(Reference.MixedImages(40)).Network;
        return ZipEvaluation.Evaluate(network, Reference.ClassScoreTasks, Reference.MixedImages(60), new CpuEngine(), threads: 1).AverageAccuracy;
    }

    private static Network DrawPerceptron(int seed)
    {
        var draw = new NetworkGenerator(seed);
        var conv = new Node("conv", draw.DrawConv(3, 8, 3, bias: true), new Node("input", new Input(3, 8, 8)));
        var flat = new Node("flat", new Flatten(), new Node("pool", new GlobalAveragePool(), new Node("relu", new ReLU(), conv)));
        var first = new Node("relu1", new ReLU(), new Node("first", draw.DrawLinear(8, 10), flat));
        var second = new Node("relu2", new ReLU(), new Node("second", draw.DrawLinear(10, 6), first));
        return new Network(new Head("output", new Node("head", draw.DrawLinear(6, 4), second)));
    }

    /// <summary>Mean and unbiased deviation of a node's channels over all images.</summary>
    private static (double[] Mean, double[] Deviation) Measure(Network network, string node)
    {
        ImageBatch batch = SmallNetworks.Images.ReadBatches(24).Single();
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = batch.Count, Threads = 1, Taps = [node] });
        session.Run(batch.Pixels.Span, batch.Count);
        float[] values = session.GetTap(0).ToArray();
        int channels = network.ShapeOf(network[node])[0], count = values.Length / channels;
        double[] mean = [.. Enumerable.Range(0, channels).Select(c => Enumerable.Range(0, count).Average(i => (double)values[i * channels + c]))];
        double[] deviation = [.. Enumerable.Range(0, channels).Select(c =>
            Math.Sqrt(Enumerable.Range(0, count).Sum(i => Math.Pow(values[i * channels + c] - mean[c], 2)) / (count - 1)))];
        return (mean, deviation);
    }
}
