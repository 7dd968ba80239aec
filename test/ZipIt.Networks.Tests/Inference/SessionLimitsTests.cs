using ZipIt.Numerics;
using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Inference;

/// <summary>
/// Networks that cost too much are refused with the node's name before anything is allocated or computed, and large graphs are planned in time with their size.
/// </summary>
public class SessionLimitsTests
{
    private const long MostBytes = 16 << 20;

    private static readonly CpuEngine Engine = new();

    [Fact]
    public void CreateSession_ConvolutionWithMuchPadding_IsRefusedByName() => // 4 numbers become 64 million
        AssertRefused("'conv'", Make(new Input(1, 2, 2), new Conv2d(new Tensor(16, 1, 1, 1), null, 1, 1000)));

    [Fact]
    public void CreateSession_ConcatenationsThatDouble_IsRefusedByName()
    {
        Node value = new("image", new Input(1, 16, 16));
        for (int i = 0; i < 19; i++)
            value = new Node($"double{i}", new Concat(), value, value);
        AssertRefused("'double18'", () => Engine.CreateSession(new Network(new Head("out", new Node("pool", new GlobalAveragePool(), value)))));
    }

    [Fact]
    public void CreateSession_PoolOfTrillionSteps_IsRefusedByName() => AssertRefused("'conv'", Make(new Input(1, 1000, 1000), new MaxPool2d(1000, 1, 500)));

    [Fact]
    public void CreateSession_ConvolutionOfTrillionSteps_IsRefusedByName() =>
        AssertRefused("billion operations", Make(new Input(1, 1000, 1000), new Conv2d(new Tensor(1, 1, 200, 200), null, 1, 100)));

    [Fact]
    public void CreateSession_HugeImage_IsRefusedByName() => AssertRefused("'image'", Make(new Input(3, 5000, 5000), new GlobalAveragePool()));

    /// <summary>Two outputs per group are stored as whole vectors of weights.</summary>
    [Fact]
    public void CreateSession_GroupsOfFewOutputs_CountTheirPackedWeights()
    {
        const int Groups = 1 << 18;
        Func<INetworkSession> make = Make(new Input(Groups, 3, 3), new Conv2d(new Tensor(2 * Groups, 1, 3, 3), groups: Groups),
            new SessionLimits { ImageBytes = 0 });
        AssertRefused("'conv'", make);
    }

    [Fact]
    public void CreateSession_RaisedLimits_RunsTheNetwork()
    {
        var limits = new SessionLimits { ImageBytes = 1 << 10, ImageOperations = 1_000_000 };
        AssertRefused("MiB", Make(new Input(1, 64, 64), new MaxPool2d(5, 1, 2), limits));
        AssertRefused("operations", Make(new Input(1, 64, 64), new MaxPool2d(5, 1, 2), limits with { ImageBytes = 1 << 20 }));
        using INetworkSession session = Make(new Input(1, 64, 64), new MaxPool2d(5, 1, 2), SessionLimits.None)();
        session.Run(new float[64 * 64], 1);
        Assert.Equal(0, session.GetOutput(0)[0]);
    }

    [Fact]
    public void CreateSession_PlanOfASessionWithHigherLimits_IsRefusedAllTheSame()
    {
        var network = new Network(new Head("out", new Node("relu", new ReLU(), new Node("image", new Input(1, 64, 64)))));
        using INetworkSession session = Engine.CreateSession(network, new SessionOptions { Limits = SessionLimits.None });
        AssertRefused("MiB", () => Engine.CreateSession(network, new SessionOptions { Limits = new SessionLimits { ImageBytes = 1 } }));
    }

    [Fact]
    public void Default_ApplicationSettings_AreTaken()
    {
        try
        {
            AppContext.SetData("ZipIt.Networks.ImageBytes", 123L << 30);
            AppContext.SetData("ZipIt.Networks.ImageOperations", "5000000000000");
            Assert.Equal(new SessionLimits { ImageBytes = 123L << 30, ImageOperations = 5_000_000_000_000 }, SessionLimits.Default);
        }
        finally
        {
            AppContext.SetData("ZipIt.Networks.ImageBytes", null);
            AppContext.SetData("ZipIt.Networks.ImageOperations", null);
        }

        Assert.Equal(new SessionLimits(), SessionLimits.Default);
    }

    [Fact]
    public void CreateSession_BatchBeyondBuffers_IsRefused()
    {
        var network = new Network(new Head("out", new Node("relu", new ReLU(), new Node("image", new Input(1, 1000, 1000)))));
        AssertRefused("smaller batch", () => Engine.CreateSession(network, new SessionOptions { MaximumBatchSize = 4000 }));
    }

    [Theory]
    [InlineData(18, 224)]
    [InlineData(50, 224)]
    [InlineData(50, 1024)]
    public void MeasureSession_ImageNetResNets_StayWithinTheLimits(int depth, int size)
    {
        Network network = ResNet.Random(1, ResNetLayout.ImageNet(depth), size);
        SessionCost cost = Engine.MeasureSession(network);
        Assert.InRange(cost.ImagesWithinLimit, 1, 200);
        Assert.InRange(cost.ImageOperations, NetworkCost.Of(network).MultiplyAdds / 2, SessionLimits.DefaultImageOperations);
    }

    [Fact]
    public void MeasureSession_SmallResNetOnLargeImages_StaysWithinTheLimits() =>
        Assert.InRange(Engine.MeasureSession(ResNet.Random(1, ResNetLayout.Cifar(20), 448)).ImagesWithinLimit, 1, 3);

    /// <summary>The figures that the limits are held against are those of the plan itself.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void MeasureSession_AnyNetwork_CountsWhatThePlanTakes(int seed)
    {
        Network network = new NetworkGenerator(seed).DrawNetwork(30);
        SessionCost cost = Engine.MeasureSession(network);
        ExecutionPlan plan = PlanBuilder.Build(network, new SessionOptions(), KernelSet.Best);
        Assert.Equal((plan.KeptSize + plan.PassingSize) * sizeof(float), cost.ImageBytes);
        Assert.InRange(plan.Waves.Sum(wave => wave.Sum(step => (long)step.WeightCount)) * sizeof(float), 0, cost.WeightBytes);
    }

    /// <summary>Depth, width and sharing; every one took seconds to minutes when planning was quadratic.</summary>
    [Theory]
    [InlineData("chain")]
    [InlineData("fan")]
    [InlineData("ladder")]
    [InlineData("gather")]
    [InlineData("heads")]
    public void CreateSession_LargeGraph_AllocatesInProportion(string kind)
    {
        long small = Measure(MakeGraph(kind, 1_000)), large = Measure(MakeGraph(kind, 8_000));
        Assert.InRange(large, 0, 12 * small);

        static long Measure(Network network)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            using INetworkSession session = Engine.CreateSession(network, new SessionOptions { MaximumBatchSize = 1, Threads = 1 });
            session.Run([1, 2, 3, 4], 1);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Network_TooManyNodesOrEdges_IsRefusedByName()
    {
        Node value = new("image", new Input(1, 2, 2));
        for (int i = 1; i <= NetworkLimits.Nodes; i++)
            value = new Node($"relu{i}", new ReLU(), value);
        AssertRefused($"relu{NetworkLimits.Nodes}", () => new Network(new Head("out", value)));

        Node many = new("many", new Add(), [.. Enumerable.Repeat(new Node("image", new Input(1, 2, 2)), NetworkLimits.Edges + 1)]);
        AssertRefused("many", () => new Network(new Head("out", many)));
    }

    private static Network MakeGraph(string kind, int nodes)
    {
        var image = new Node("image", new Input(1, 2, 2));
        Node value = image;
        switch (kind)
        {
            case "chain": // nothing fuses with a softmax
                for (int i = 0; i < nodes; i++)
                    value = new Node($"n{i}", new Softmax(), value);
                return new Network(new Head("out", value));
            case "fan": // all values live at the same time
                return new Network(new Head("out",
                    new Node("sum", new Add(), [.. Enumerable.Range(0, nodes).Select(i => new Node($"n{i}", new Softmax(), image))])));
            case "ladder": // values live long, and have many readers
                for (int i = 0; i < nodes / 2; i++)
                    value = new Node($"add{i}", new Add(), new Node($"n{i}", new Softmax(), image), value);
                return new Network(new Head("out", value));
            case "gather": // one gather that disappears in the weights of all its readers
                var gather = new Node("gather", new ChannelGather(0), image);
                Node[] readers = [.. Enumerable.Range(0, nodes).Select(i => new Node($"n{i}", new Conv2d(new Tensor(1, 1, 1, 1)), gather))];
                return new Network(new Head("out", new Node("sum", new Add(), readers)));
            default:
                return new Network([.. Enumerable.Range(0, nodes).Select(i => new Head($"h{i}", new Node($"n{i}", new Softmax(), image)))]);
        }
    }

    private static Func<INetworkSession> Make(Input input, Layer layer, SessionLimits? limits = null)
    {
        var network = new Network(new Head("out", new Node("pool", new GlobalAveragePool(), new Node("conv", layer, new Node("image", input)))));
        return () => Engine.CreateSession(network, new SessionOptions { MaximumBatchSize = 1, Limits = limits });
    }

    private static void AssertRefused(string what, Func<object> make)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains(what, Assert.Throws<ArgumentException>(make).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
    }
}
