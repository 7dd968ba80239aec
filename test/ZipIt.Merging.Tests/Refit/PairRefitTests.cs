using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

/// <summary>What the rounds of pairs do to whole zips.</summary>
public sealed class PairRefitTests
{
    [Theory]
    [InlineData("residual", 1)]
    [InlineData("residual", 2)]
    [InlineData("residual", 3)]
    [InlineData("residual", 4)]
    [InlineData("bottleneck", 5)]
    [InlineData("bottleneck", 6)]
    [InlineData("bottleneck", 7)]
    public void Zip_RandomNetworks_LeavesLessErrorBehindThePairs(string kind, int seed)
    {
        var comparison = new Comparison(ZipOptions.For(ZipMethod.Paper), SmallNetworks.Draw(kind, seed), SmallNetworks.Draw(kind, seed + 100));

        // What comes in is the same in front of the first pair only.
        Assert.True(comparison.With[0] < comparison.Without[0], comparison.ToString());
        Assert.True(comparison.With.Sum() < 0.98 * comparison.Without.Sum(), comparison.ToString());
    }

    [Fact]
    public void Zip_ResNet_LeavesLessErrorBehindThePairs()
    {
        ResNetLayout layout = new() { BlockCounts = [1, 1, 1], StemChannels = 6, Outputs = 4 };
        var comparison = new Comparison(ZipOptions.For(ZipMethod.Paper), ResNet.Random(1, layout, 8), ResNet.Random(2, layout, 8));

        Assert.Equal(3, comparison.With.Length);
        Assert.True(comparison.With[0] < comparison.Without[0], comparison.ToString());
        Assert.True(comparison.With.Sum() < 0.98 * comparison.Without.Sum(), comparison.ToString());
    }

    [Theory]
    [InlineData("ReLU", 2, 1, 1)]
    [InlineData("ReLU", 1, 2, 1)]
    [InlineData("ReLU", 1, 1, 2)]
    [InlineData("LeakyReLU", 1, 1, 1)]
    [InlineData("LeakyReLU", 2, 1, 2)]
    [InlineData("Clip", 1, 1, 1)]
    [InlineData("Clip", 1, 2, 2)]
    public void Zip_AnyActivationStrideAndDilation_LeavesLessErrorBehindThePairs(string activation, int firstStride, int secondStride, int dilation)
    {
        Network[] networks = [.. new[] { 1, 2 }.Select(seed => DrawBlocks(seed, activation, firstStride, secondStride, dilation))];
        var comparison = new Comparison(ZipOptions.For(ZipMethod.Paper), networks);

        Assert.Equal(2, comparison.With.Length);
        Assert.True(comparison.With[0] < comparison.Without[0], comparison.ToString());
        Assert.True(comparison.With.Sum() < comparison.Without.Sum(), comparison.ToString());
    }

    [Theory]
    [InlineData(1, 8)] // all pairs lie in the tails
    [InlineData(2, 6)] // both tails read the shared first convolution of a block
    [InlineData(5, 6)]
    [InlineData(7, 5)]
    public void Zip_PartialCut_LeavesLessErrorBehindThePairs(int layers, int pairs)
    {
        var comparison = new Comparison(ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.AfterLayers(layers) }, SmallNetworks.Draw("residual", 1),
            SmallNetworks.Draw("residual", 2));

        Assert.Equal(pairs, comparison.With.Length);
        Assert.True(comparison.With[0] < comparison.Without[0], comparison.ToString());
        Assert.True(comparison.With.Sum() < 0.98 * comparison.Without.Sum(), comparison.ToString());
    }

    [Fact]
    public void Zip_DefaultRounds_AreThreeInNarrowLayers()
    {
        Network[] networks = [SmallNetworks.Draw("residual", 1), SmallNetworks.Draw("residual", 2)];
        float[][] outputs = [.. new int?[] { null, 3, 0 }.Select(rounds => SmallNetworks.Run(Zip(Options(rounds), networks)))];

        Assert.Equal(outputs[1], outputs[0]);
        Assert.NotEqual(outputs[2], outputs[0]);
    }

    [Theory]
    [InlineData("residual")]
    [InlineData("bottleneck")]
    [InlineData("depthwise")]
    [InlineData("vgg")]
    public void Zip_NetworkWithItself_StaysTheNetwork(string kind)
    {
        Network network = SmallNetworks.Draw(kind, 3);
        Network zipped = Zip(Options(3), network, network);

        Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(zipped, 0), SmallNetworks.Run(network)));
        Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(zipped, 1), SmallNetworks.Run(network)));
    }

    [Fact]
    public void Zip_NetworkWithItselfAndOtherImages_StaysTheNetwork()
    {
        Network network = RefitNetworks.Create(1);
        Network zipped = new Zipper([new("A", network), new("B", network)], Options(3)).Zip(RefitNetworks.Images(60, 5)).Network;
        InMemoryImages images = RefitNetworks.Images(20, 9);
        float[] expected = RefitNetworks.Run(network, images);

        Assert.True(RefitNetworks.Distance(RefitNetworks.Run(zipped, images), [.. expected, .. expected]) < 1e-3);
    }

    [Fact]
    public void Zip_AllFeaturesKept_StaysExact()
    {
        ZipMember[] members = [new("A", RefitNetworks.Create(1)), new("B", RefitNetworks.Create(2))];
        var widths = new Zipper(members)
            .MergedSpaces.ToDictionary(space => space.Name, space => 2 * members[0].Network.ShapeOf(members[0].Network[space.Name])[0]);
        ZipOptions options = Options(3) with { Matcher = new SelectionMatcher(), Widths = widths };
        InMemoryImages images = RefitNetworks.Images(20, 9);
        float[] expected = [.. RefitNetworks.Run(members[0].Network, images), .. RefitNetworks.Run(members[1].Network, images)];

        Network zipped = new Zipper(members, options).Zip(RefitNetworks.Images(200, 5)).Network;
        Assert.True(RefitNetworks.Distance(RefitNetworks.Run(zipped, images), expected) < 1e-3);
    }

    [Theory]
    [InlineData("residual")]
    [InlineData("bottleneck")]
    public void Zip_OneToThreeThreads_GivesTheSameBits(string kind)
    {
        Network[] networks = [SmallNetworks.Draw(kind, 1), SmallNetworks.Draw(kind, 2)];
        float[][] outputs = [.. new[] { 1, 2, 3 }.Select(threads => SmallNetworks.Run(Zip(Options(3) with { Threads = threads }, networks)))];

        Assert.Equal(outputs[0], outputs[1]);
        Assert.Equal(outputs[0], outputs[2]);
    }

    /// <summary>Features behind a refitted first unit must be computed again, from wherever the walk stands.</summary>
    [Theory]
    [InlineData("residual", 0)]
    [InlineData("residual", 100_000)]
    [InlineData("residual", 300_000)]
    [InlineData("residual", 1_000_000)]
    [InlineData("bottleneck", 0)]
    [InlineData("bottleneck", 100_000)]
    [InlineData("bottleneck", 300_000)]
    [InlineData("bottleneck", 1_000_000)]
    public void Zip_LittleMemory_GivesTheSameNetwork(string kind, long budget)
    {
        Network[] networks = [SmallNetworks.Draw(kind, 1), SmallNetworks.Draw(kind, 2)];
        foreach (ZipCut cut in (ZipCut[])[ZipCut.BeforeHeads, ZipCut.AfterLayers(4)])
        {
            float[][] outputs = [.. new[] { budget, 1L << 30 }.Select(bytes =>
                SmallNetworks.Run(Zip(ZipOptions.For(ZipMethod.Paper) with { Cut = cut, BatchSize = 7,
                    Refit = new RefitOptions { PairRounds = 3, MemoryBudget = bytes } }, networks)))];

            Assert.True(RefitNetworks.Distance(outputs[0], outputs[1]) < 1e-5, $"{cut}: {RefitNetworks.Distance(outputs[0], outputs[1])}");
        }
    }

    /// <summary>The token is cancelled when the features of the only pair have been computed: what follows before the next layer is its rounds.</summary>
    [Theory]
    [InlineData(3, false)]
    [InlineData(0, true)]
    public void Zip_CancelledDuringTheRounds_ThrowsBeforeTheLayerIsFinished(int rounds, bool isFinished)
    {
        using var source = new CancellationTokenSource();
        var progress = new LayerCount();
        ZipOptions options = Options(rounds) with { Engine = new CancellingEngine("block1.relu1", source) };
        var zipper = new Zipper(Members([DrawBlocks(1, "ReLU", 1, 1, 1), DrawBlocks(2, "ReLU", 1, 1, 1)]), options);

        Assert.Throws<OperationCanceledException>(() => zipper.Zip(SmallNetworks.Images, progress, source.Token));
        Assert.Equal(isFinished ? 3 : 2, progress.Layers); // stem, block1.conv1, block1.add
    }

    private static ZipOptions Options(int? rounds) => ZipOptions.For(ZipMethod.Paper) with { Refit = new RefitOptions { PairRounds = rounds } };

    private static Network Zip(ZipOptions options, params Network[] networks) => new Zipper(Members(networks), options).Zip(SmallNetworks.Images).Network;

    private static ZipMember[] Members(Network[] networks) => [.. networks.Select((network, m) => new ZipMember($"{(char)('A' + m)}", network))];

    /// <summary>A stem and two residual blocks, the first one with strides and a shortcut.</summary>
    private static Network DrawBlocks(int seed, string activation, int firstStride, int secondStride, int dilation)
    {
        var draw = new NetworkGenerator(seed);
        Node x = Act("stem.relu", new Node("stem", draw.DrawConv(3, 6, 3, 1, 1, bias: true), new Node("image", new Input(3, 8, 8))));
        x = Block("block1", x, firstStride, secondStride);
        x = Block("block2", x, 1, 1);
        x = new Node("flat", new Flatten(), new Node("pool", new GlobalAveragePool(), x));
        return new Network(new Head("scores", new Node("linear", draw.DrawLinear(6, 4), x)));

        Node Block(string name, Node x, int first, int second)
        {
            Node y = Act($"{name}.relu1", new Node($"{name}.conv1", draw.DrawConv(6, 6, 3, first, dilation, dilation, bias: true), x));
            y = new Node($"{name}.conv2", draw.DrawConv(6, 6, 3, second, dilation, dilation, bias: true), y);
            Node skip = first * second == 1 ? x : new Node($"{name}.shortcut", draw.DrawConv(6, 6, 1, first * second), x);
            return Act($"{name}.relu2", new Node($"{name}.add", new Add(), y, skip));
        }

        Node Act(string name, Node x) =>
            new(name, activation switch { "ReLU" => new ReLU(), "LeakyReLU" => new LeakyReLU(0.2f), _ => new Clip(-0.5f, 1.5f) }, x);
    }

    /// <summary>Counts layers that are refitted.</summary>
    private sealed class LayerCount : IProgress<ZipProgress>
    {
        public long Layers { get; private set; }

        public void Report(ZipProgress value) => Layers = value is { Stage: ZipStage.Refit, IsFinished: false } ? value.Done : Layers;
    }

    /// <summary>Cancels a token after the first run that gives a node as an output.</summary>
    private sealed class CancellingEngine(string node, CancellationTokenSource source) : INetworkEngine
    {
        public INetworkSession CreateSession(Network network, SessionOptions? options = null)
        {
            INetworkSession session = new CpuEngine().CreateSession(network, options);
            return network.Heads.Any(head => head.Node.Name == node) ? new Session(session, source) : session;
        }

        private sealed class Session(INetworkSession inner, CancellationTokenSource source) : INetworkSession
        {
            public Network Network => inner.Network;

            public int MaximumBatchSize => inner.MaximumBatchSize;

            public void Run(ReadOnlySpan<float> images, int batchSize)
            {
                inner.Run(images, batchSize);
                source.Cancel();
            }

            public void Run(IReadOnlyList<ReadOnlyMemory<float>> inputs, int batchSize)
            {
                inner.Run(inputs, batchSize);
                source.Cancel();
            }

            public ReadOnlySpan<float> GetOutput(int head) => inner.GetOutput(head);

            public ReadOnlySpan<float> GetTap(int tap) => inner.GetTap(tap);

            public void GetBatchStatistics(Node node, Span<double> mean, Span<double> variance) => inner.GetBatchStatistics(node, mean, variance);

            public void Dispose() => inner.Dispose();
        }
    }

    /// <summary>One zip with three rounds and without any: for each pair, the error behind its second unit on the calibration images.</summary>
    private sealed class Comparison
    {
        private readonly string[] _names;

        public Comparison(ZipOptions options, params Network[] networks)
        {
            var zipper = new Zipper(Members(networks), options);
            IReadOnlyList<SpaceMap> maps = zipper.Match(zipper.CollectStatistics(SmallNetworks.Images));
            MergedNetwork merged = zipper.MergeWithOrigins(maps);
            RefitPair[] pairs = RefitPairTests.Find(merged);
            _names = [.. pairs.Select(pair => pair.Second.Target.Name)];
            (Without, _) = Measure(0);
            (With, IReadOnlyList<LayerReport> layers) = Measure(3);

            // The report tells the same of layers that are not the first ones of other pairs.
            for (int p = 0; p < pairs.Length; p++)
            {
                if (!pairs.Any(other => other.First == pairs[p].Second))
                    Assert.Equal(With[p], layers.Single(layer => layer.Name == _names[p]).ErrorAfter, 1e-4);
            }

            (double[] Errors, IReadOnlyList<LayerReport> Layers) Measure(int rounds)
            {
                RefitResult refit = new Zipper(Members(networks), options with { Refit = new RefitOptions { PairRounds = rounds } })
                    .Refit(maps, SmallNetworks.Images);
                return ([.. pairs.Select(pair => ErrorBehind(pair.Second, refit.Network, merged, networks))], refit.Layers);
            }
        }

        public double[] Without { get; }

        public double[] With { get; }

        public override string ToString() => string.Join("; ", _names.Select((name, p) => $"{name} {Without[p]} → {With[p]}"));

        /// <summary>Squared error behind the activation, as a fraction of the variance of what the members give there.</summary>
        private static double ErrorBehind(RefitUnit unit, Network refitted, MergedNetwork merged, Network[] members)
        {
            float[] actual = Values(refitted, unit.Target.Name);
            int channels = merged.Network.ShapeOf(unit.Target)[0];
            var target = new double[actual.Length];
            foreach (NodeOrigin.Source source in merged.Origins[unit.Target].Sources)
            {
                float[] own = Values(members[source.Member], source.Node.Name);
                int ownChannels = own.Length / (actual.Length / channels);
                for (int i = 0; i < target.Length; i++)
                {
                    (int pixel, int channel) = Math.DivRem(i, channels);
                    foreach (FeatureMap.Entry entry in source.Rows is null ? [new FeatureMap.Entry(channel, 1)] : source.Rows[channel])
                        target[i] += entry.Weight * own[pixel * ownChannels + entry.Index];
                }
            }

            double error = 0, energy = 0;
            foreach (IGrouping<int, int> channel in Enumerable.Range(0, target.Length).GroupBy(i => i % channels))
            {
                double mean = channel.Average(i => Apply(target[i]));
                error += channel.Sum(i => Math.Pow(Apply(actual[i]) - Apply(target[i]), 2));
                energy += channel.Sum(i => Math.Pow(Apply(target[i]) - mean, 2));
            }

            return error / energy;

            double Apply(double x) => unit.Activation switch
            {
                null => x,
                LeakyReLU leaky => Math.Max(x, leaky.NegativeSlope * x),
                Clip clip => Math.Clamp(x, clip.Lower, clip.Upper),
                ReLU => Math.Max(x, 0),
                Activation other => throw new InvalidOperationException($"No {other.Kind} is expected here."),
            };
        }

        /// <summary>Values of a node for all images [images, height, width, channels].</summary>
        private static float[] Values(Network network, string node) => SmallNetworks.Run(new Network(new Head("value", network[node])));
    }
}
