using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests.Graph;

public sealed class NetworkRewriterTests
{
    private readonly Network _network = MakeNetwork();

    [Fact]
    public void ToNetwork_NothingEdited_SharesEveryNode()
    {
        Network same = new NetworkRewriter(_network).ToNetwork();
        Assert.NotSame(_network, same);
        Assert.Equal(_network.Nodes, same.Nodes);
    }

    [Fact]
    public void Replace_Layer_CopiesOnlyWhatLiesBehindIt()
    {
        var rewriter = new NetworkRewriter(_network);
        rewriter.Replace(_network["relu"], new Tanh());
        Network replaced = rewriter.ToNetwork();

        Assert.IsType<Tanh>(replaced["relu"].Layer);
        Assert.Same(_network["norm"], replaced["relu"].Inputs[0]);
        Assert.Same(_network["side"], replaced["sum"].Inputs[1]);
        Assert.Same(_network["sum"].Layer, replaced["sum"].Layer);
        Assert.IsType<ReLU>(_network["relu"].Layer);
        Assert.Equal(["main", "inner"], replaced.Heads.Select(head => head.Name));
        Assert.Same(replaced["relu"], replaced.Head("inner").Node);
    }

    [Fact]
    public void Remove_Node_ItsReadersAndOutputsTakeItsInput()
    {
        var rewriter = new NetworkRewriter(_network);
        rewriter.Remove(_network["relu"]);
        rewriter.Remove(_network["norm"]);
        Network removed = rewriter.ToNetwork();

        Assert.False(removed.Contains("relu"));
        Assert.Equal(["conv", "side"], removed["sum"].Inputs.Select(node => node.Name));
        Assert.Same(_network["conv"], removed.Head("inner").Node);
    }

    [Fact]
    public void Remove_NodeOfTwoInputs_IsRefused()
    {
        var rewriter = new NetworkRewriter(_network);
        Assert.Contains("sum (Add)", Assert.Throws<ArgumentException>(() => rewriter.Remove(_network["sum"])).Message);
        Assert.Throws<ArgumentException>(() => rewriter.Remove(_network["input"]));
    }

    [Fact]
    public void InsertBehind_TwoNodes_AreReadInTheirOrderAlsoByOutputs()
    {
        var rewriter = new NetworkRewriter(_network);
        rewriter.InsertBehind(_network["relu"], "first", new Sigmoid());
        rewriter.InsertBehind(_network["relu"], "second", new Tanh());
        Network inserted = rewriter.ToNetwork();

        Assert.Equal("second", inserted.Head("inner").Node.Name);
        Assert.Equal("second", inserted["sum"].Inputs[0].Name);
        Assert.Equal("first", inserted["second"].Inputs[0].Name);
        Assert.Same(_network["relu"], inserted["first"].Inputs[0]);
    }

    [Fact]
    public void InsertBehind_TakenName_IsRefusedAndAFreeOneFound()
    {
        var rewriter = new NetworkRewriter(_network);
        Assert.Contains("'conv'", Assert.Throws<ArgumentException>(() => rewriter.InsertBehind(_network["relu"], "conv", new Tanh())).Message);
        Assert.Equal("conv_", rewriter.FindFreeName("conv"));
        rewriter.InsertBehind(_network["relu"], "conv_", new Tanh());
        Assert.Equal("conv__", rewriter.FindFreeName("conv"));
        Assert.Equal("tanh", rewriter.FindFreeName("tanh"));
    }

    [Fact]
    public void InsertBehind_LayerOfSeveralInputs_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new NetworkRewriter(_network).InsertBehind(_network["relu"], "more", new Add()));

    [Fact]
    public void InsertBehind_NodeThatIsReplacedOrRemoved_StaysBehindIt()
    {
        var rewriter = new NetworkRewriter(_network);
        rewriter.InsertBehind(_network["relu"], "more", new Sigmoid());
        rewriter.Replace(_network["relu"], new Tanh());
        Assert.IsType<Tanh>(rewriter.ToNetwork()["more"].Inputs[0].Layer);
        rewriter.Remove(_network["relu"]);
        Assert.Equal("norm", rewriter.ToNetwork()["more"].Inputs[0].Name);
    }

    [Fact]
    public void Splice_Node_WhatOnlyLedToTheOldOneIsGone()
    {
        var rewriter = new NetworkRewriter(_network);
        var entrance = new Node("entrance", new Input(4, 6, 6));
        rewriter.Splice(_network["relu"], entrance);
        Network spliced = rewriter.ToNetwork();

        Assert.Same(entrance, spliced["sum"].Inputs[0]);
        Assert.Same(entrance, spliced.Head("inner").Node);
        Assert.False(spliced.Contains("norm"));
        Assert.Equal(["entrance", "input"], spliced.Inputs.Select(node => node.Name).Order());
    }

    [Fact]
    public void Splice_NodeMadeOnDemand_IsMadeOnceAndOnlyIfNeeded()
    {
        int made = 0;
        var rewriter = new NetworkRewriter(_network);
        rewriter.Splice(_network["relu"], () =>
        {
            made++;
            return new Node("other", new Tanh(), rewriter[_network["conv"]]);
        });
        rewriter.Replace(_network["conv"], new NetworkGenerator(2).DrawConv(3, 4, 3));
        Assert.Equal(0, made);
        Network spliced = rewriter.ToNetwork();

        Assert.Equal(1, made);
        Assert.NotSame(_network["conv"].Layer, spliced["other"].Inputs[0].Layer);
        Assert.Same(spliced["other"], spliced["sum"].Inputs[0]);
    }

    [Fact]
    public void Splice_NodeThatNeedsItself_IsRefused()
    {
        var rewriter = new NetworkRewriter(_network);
        rewriter.Splice(_network["relu"], () => rewriter[_network["sum"]]);
        Assert.Contains("'relu'", Assert.Throws<InvalidOperationException>(rewriter.ToNetwork).Message);
    }

    [Fact]
    public void Item_EditedAfterItWasMade_IsMadeAnewTogetherWithWhatLiesBehind()
    {
        var rewriter = new NetworkRewriter(_network);
        Node before = rewriter[_network["sum"]];
        Assert.Same(before, rewriter[_network["sum"]]);
        Node side = rewriter[_network["side"]];
        rewriter.Replace(_network["conv"], new NetworkGenerator(2).DrawConv(3, 4, 3));

        Assert.NotSame(before, rewriter[_network["sum"]]);
        Assert.Same(side, rewriter[_network["side"]]);
        Assert.Same(rewriter[_network["sum"]], rewriter.ToNetwork()["sum"]);
    }

    [Fact]
    public void ToNetwork_Renamed_NewNamesAreFreeOfClashes()
    {
        var rewriter = new NetworkRewriter(_network, name => $"animals/{name}");
        rewriter.InsertBehind(_network["relu"], "conv", new Tanh());
        Network renamed = rewriter.ToNetwork();
        Assert.Equal("animals/relu", renamed["conv"].Inputs[0].Name);
        Assert.Equal(_network.Nodes.Count + 1, renamed.Nodes.Count);

        var clashing = new NetworkRewriter(_network, name => name == "conv" ? "norm" : name);
        Assert.Contains("'norm'", Assert.Throws<ArgumentException>(clashing.ToNetwork).Message);
    }

    [Fact]
    public void NetworkRewriter_OutputsOfNoNetwork_RewritesWhatLeadsToThem()
    {
        var rewriter = new NetworkRewriter(new Head("a", _network["norm"]), new Head("b", _network["side"]));
        rewriter.Replace(_network["norm"], new Tanh());
        Network part = rewriter.ToNetwork();
        Assert.Equal(["conv", "input", "norm", "side"], part.Nodes.Select(node => node.Name).Order());
        Assert.Throws<ArgumentException>(() => rewriter.Remove(_network["relu"]));
        Assert.Throws<ArgumentException>(() => new NetworkRewriter(ReadOnlySpan<Head>.Empty));
    }

    [Fact]
    public void Replace_NodeOfAnotherNetwork_IsRefused()
    {
        var rewriter = new NetworkRewriter(_network);
        Assert.Contains("'relu'", Assert.Throws<ArgumentException>(() => rewriter.Replace(MakeNetwork()["relu"], new Tanh())).Message);
        Assert.Throws<ArgumentException>(() => rewriter[MakeNetwork()["relu"]]);
        Assert.Throws<ArgumentException>(() => rewriter.Splice(MakeNetwork()["relu"], _network["norm"]));
    }

    [Fact]
    public void ToNetwork_LayerThatDoesNotFit_NamesItsNode()
    {
        var rewriter = new NetworkRewriter(_network);
        Assert.Throws<ArgumentException>(() => rewriter.Replace(_network["relu"], new Add()));
        rewriter.Replace(_network["conv"], new NetworkGenerator(3).DrawConv(3, 5, 3));
        Assert.Contains("'norm'", Assert.Throws<ArgumentException>(rewriter.ToNetwork).Message);
    }

    [Fact]
    public void ToNetwork_DeepNetwork_NeedsNoDeepStack()
    {
        const int Depth = 9_000;
        var node = new Node("input", new Input(1, 2, 2));
        for (int i = 0; i < Depth; i++)
            node = new Node($"relu{i}", new ReLU(), node);
        var network = new Network(new Head("output", node));
        var rewriter = new NetworkRewriter(network);
        rewriter.Replace(network["relu0"], new Tanh());
        rewriter.Remove(network["relu1"]);
        int count = 0;
        var thread = new Thread(() => count = rewriter.ToNetwork().Nodes.Count, maxStackSize: 256 << 10);
        thread.Start();
        thread.Join();
        Assert.Equal(Depth, count);
    }

    [Fact]
    public void InsertBehind_NeutralLayersAnywhere_LeaveTheOutputsAsTheyAre()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            Network network = new NetworkGenerator(seed).DrawNetwork();
            var rewriter = new NetworkRewriter(network);
            foreach (Node node in network.Nodes.Where((_, i) => (i + seed) % 2 == 0))
                rewriter.InsertBehind(node, rewriter.FindFreeName("more"), new Clip(float.MinValue, float.MaxValue));
            Network more = rewriter.ToNetwork();
            Assert.True(more.Nodes.Count > network.Nodes.Count);
            Assert.Equal(Run(network), Run(more));

            rewriter = new NetworkRewriter(more);
            foreach (Node node in more.Nodes.Where(node => !network.Contains(node.Name)))
                rewriter.Remove(node);
            Assert.Equal(network.Nodes.Select(node => node.Name), rewriter.ToNetwork().Nodes.Select(node => node.Name));
        }
    }

    private static float[][] Run(Network network)
    {
        var generator = new NetworkGenerator(1);
        ReadOnlyMemory<float>[] images =
        [
            .. network.Inputs.Select(input => (ReadOnlyMemory<float>)generator.DrawTensor(1, network.ShapeOf(input)).Memory),
        ];
        using INetworkSession session = new NaiveEngine().CreateSession(network);
        session.Run(images, 1);
        return [.. network.Heads.Select((_, head) => session.GetOutput(head).ToArray())];
    }

    private static Network MakeNetwork()
    {
        var generator = new NetworkGenerator(1);
        var input = new Node("input", new Input(3, 8, 8));
        var norm = new Node("norm", generator.DrawNorm(4), new Node("conv", generator.DrawConv(3, 4, 3), input));
        var relu = new Node("relu", new ReLU(), norm);
        var sum = new Node("sum", new Add(), relu, new Node("side", generator.DrawConv(3, 4, 3), input));
        return new Network(new Head("main", new Node("pool", new GlobalAveragePool(), sum)), new Head("inner", relu));
    }
}
