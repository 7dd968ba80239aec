using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Graph;

public sealed class SubNetworkTests
{
    private static readonly Network Whole = MakeWhole();

    [Theory]
    [InlineData("relu")]
    [InlineData("sum")]
    [InlineData("pool")]
    public void Extract_FromAKnownNode_ComputesTheSame(string known)
    {
        int[] shape = Whole.ShapeOf(Whole[known]).ToArray();
        (Network part, IReadOnlyList<Node> sources) = SubNetwork.Extract([Whole["flat"], Whole["scores"]], node => node == Whole[known] ? shape : null);
        float[][] expected = Run(Whole, [Image()], "flat", "scores");
        float[] value = Run(Whole, [Image()], known)[0];

        Assert.Equal([Whole[known]], sources);
        Assert.Equal(["0", "1"], part.Heads.Select(head => head.Name));
        Assert.Equal(expected, Outputs(part, [value]));
        Assert.DoesNotContain(part.Nodes, node => node.Name == "first");
    }

    [Fact]
    public void Extract_VectorIsKnown_EntersAsAMapOfOnePixel()
    {
        (Network part, IReadOnlyList<Node> sources) = SubNetwork.Extract([Whole["scores"]], node => node.Name == "flat" ? Whole.ShapeOf(node).ToArray() : null);

        Assert.Equal([Whole["flat"]], sources);
        Assert.Equal([4, 1, 1], part.ShapeOf(part.Inputs[0]).ToArray());
        Assert.Equal(Run(Whole, [Image()], "scores"), Outputs(part, Run(Whole, [Image()], "flat")));
    }

    [Fact]
    public void Extract_SeveralAreKnown_NeedsThoseAlongTheWay()
    {
        string[] known = ["relu", "second", "flat"];
        (Network part, IReadOnlyList<Node> sources) =
            SubNetwork.Extract([Whole["sum"]], node => known.Contains(node.Name) ? Whole.ShapeOf(node).ToArray() : null);

        Assert.Equal(["relu", "second"], sources.Select(node => node.Name).Order());
        Assert.Equal(Run(Whole, [Image()], "sum"), Outputs(part, [.. sources.Select(node => Run(Whole, [Image()], node.Name)[0])]));
    }

    [Fact]
    public void Extract_ImageIsNotKnown_NamesIt()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => SubNetwork.Extract([Whole["sum"]], _ => null));

        Assert.Contains("'image'", exception.Message);
    }

    private static Network MakeWhole()
    {
        var draw = new NetworkGenerator(1);
        var image = new Node("image", new Input(3, 6, 6));
        var relu = new Node("relu", new ReLU(), new Node("first", draw.DrawConv(3, 4, 3, 1, 1), image));
        var sum = new Node("sum", new Add(), new Node("second", draw.DrawConv(4, 4, 3, 1, 1), relu), relu);
        var flat = new Node("flat", new Flatten(), new Node("pool", new GlobalAveragePool(), sum));
        return new Network(new Head("out", new Node("scores", draw.DrawLinear(4, 2), flat)));
    }

    private static float[] Image() => new NetworkGenerator(2).DrawValues(3 * 6 * 6);

    /// <summary>Values of some nodes for one image, channels last.</summary>
    private static float[][] Run(Network network, float[][] inputs, params string[] taps)
    {
        using INetworkSession session = new CpuEngine()
            .CreateSession(network, new SessionOptions { MaximumBatchSize = 1, Threads = 1, Taps = taps, ChannelsLastInputs = true });
        session.Run([.. inputs.Select(values => (ReadOnlyMemory<float>)values)], 1);
        return [.. taps.Select((_, i) => session.GetTap(i).ToArray())];
    }

    private static float[][] Outputs(Network network, float[][] inputs)
    {
        using INetworkSession session = new CpuEngine()
            .CreateSession(network, new SessionOptions { MaximumBatchSize = 1, Threads = 1, ChannelsLastInputs = true });
        session.Run([.. inputs.Select(values => (ReadOnlyMemory<float>)values)], 1);
        return [.. network.Heads.Select((_, i) => session.GetOutput(i).ToArray())];
    }
}
