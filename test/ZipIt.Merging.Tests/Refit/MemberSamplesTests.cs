using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

/// <summary>A zip samples its members for the refit while they run for the statistics; the result must be what separate passes give.</summary>
public sealed class MemberSamplesTests
{
    [Theory]
    [InlineData("residual", 2, 0)]
    [InlineData("residual", 3, 0)]
    [InlineData("bottleneck", 2, 0)]
    [InlineData("depthwise", 2, 0)]
    [InlineData("vgg", 2, 0)]
    [InlineData("residual", 2, 2)]
    [InlineData("bottleneck", 3, 3)]
    public void Zip_ManyArchitectures_GivesWhatSeparatePassesGive(string kind, int members, int cutAfter)
    {
        ZipMember[] all = [.. Enumerable.Range(0, members).Select(m => new ZipMember($"{m}", SmallNetworks.Draw(kind, m + 1)))];
        ZipOptions options = ZipOptions.For(ZipMethod.Best) with { Cut = cutAfter == 0 ? ZipCut.BeforeHeads : ZipCut.AfterLayers(cutAfter), BatchSize = 7 };

        AssertSame(new Zipper(all, options), SmallNetworks.Images);
    }

    [Theory]
    [InlineData(true, 20)]
    [InlineData(true, 13)]
    [InlineData(false, 19)]
    public void Zip_TrainedClassifiersWithTasks_GivesWhatSeparatePassesGive(bool hasPrototypes, int layers)
    {
        ZipCut cut = layers == 20 ? ZipCut.Everything : layers == 19 ? ZipCut.BeforeHeads : ZipCut.AfterLayers(layers);
        ZipOptions options = ZipOptions.For(ZipMethod.Best, hasPrototypes ? Reference.PrototypeTasks : Reference.ClassScoreTasks) with { Cut = cut };

        AssertSame(new Zipper(hasPrototypes ? Reference.PrototypeMembers : Reference.ClassScoreMembers, options), Reference.MixedImages(2));
    }

    [Fact]
    public void Zip_TasksWithoutFlattening_GivesWhatSeparatePassesGive()
    {
        ZipMember[] members = [.. Reference.ClassScoreMembers.Zip(Reference.ClassScoreTasks, (member, task) => new ZipMember(task.Name, member.Network))];
        ZipOptions options = ZipOptions.For(ZipMethod.Best, Reference.ClassScoreTasks) with { Cut = ZipCut.AfterLayers(13) };

        AssertSame(new Zipper(members, options with { Refit = options.Refit! with { Flattening = 0 } }), Reference.MixedImages(2));
    }

    [Fact]
    public void Zip_SamplesFitTheBudget_RunsEveryMemberOnce()
    {
        var engine = new CountingEngine();
        ZipMember[] members = [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2))];
        ZipOptions options = ZipOptions.For(ZipMethod.Best) with { Engine = engine };
        new Zipper(members, options).Zip(SmallNetworks.Images);
        int together = engine.Sessions;

        engine.Sessions = 0;
        InSteps(new Zipper(members, options), SmallNetworks.Images);

        Assert.Equal(engine.Sessions - members.Length, together);
    }

    [Fact]
    public void Zip_SamplesDoNotFitTheMemory_GivesWhatSeparatePassesGive()
    {
        ZipMember[] members = [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2))];
        ZipOptions options = ZipOptions.For(ZipMethod.Best);

        AssertSame(new Zipper(members, options with { Refit = options.Refit! with { MemoryBudget = 1 << 18 } }), SmallNetworks.Images);
    }

    [Fact]
    public void Zip_SmallBudget_GivesTheSame()
    {
        ZipMember[] members = [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2))];
        ZipOptions options = ZipOptions.For(ZipMethod.Best);
        Network expected = new Zipper(members, options).Zip(SmallNetworks.Images).Network;

        Network actual = new Zipper(members, options with { Refit = options.Refit! with { MemoryBudget = 1 << 20 } }).Zip(SmallNetworks.Images).Network;

        Assert.True(SmallNetworks.AreClose(SmallNetworks.Run(actual), SmallNetworks.Run(expected)));
    }

    [Fact]
    public void Zip_NothingToMatch_GivesWhatSeparatePassesGive()
    {
        ZipMember[] members = [.. Enumerable.Range(1, 2).Select(seed => new ZipMember($"{seed}", Draw(seed)))];

        AssertSame(new Zipper(members, ZipOptions.For(ZipMethod.Best) with { Cut = ZipCut.Everything }), SmallNetworks.Images);

        static Network Draw(int seed)
        {
            var pool = new Node("pool", new GlobalAveragePool(), new Node("image", new Input(3, 8, 8)));
            return new Network(new Head("output", new Node("head", new NetworkGenerator(seed).DrawLinear(3, 4), new Node("flat", new Flatten(), pool))));
        }
    }

    [Fact]
    public void Zip_FlopsBudget_GivesWhatSeparatePassesGive()
    {
        ZipMember[] members = [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2))];

        AssertSame(new Zipper(members, ZipOptions.For(ZipMethod.Best) with { FlopsBudget = 1.3 }), SmallNetworks.Images);
    }

    private static void AssertSame(Zipper zipper, InMemoryImages images)
    {
        Network expected = InSteps(zipper, images), actual = zipper.Zip(images).Network;

        for (int head = 0; head < expected.Heads.Count; head++)
            Assert.Equal(Run(expected, images, head), Run(actual, images, head));
    }

    private static Network InSteps(Zipper zipper, InMemoryImages images) => zipper.Refit(zipper.Match(zipper.CollectStatistics(images)), images).Network;

    private static float[] Run(Network network, InMemoryImages images, int head)
    {
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = images.Count });
        session.Run(images.ReadBatches(images.Count).First().Pixels.Span, images.Count);
        return session.GetOutput(head).ToArray();
    }

    private sealed class CountingEngine : INetworkEngine
    {
        private readonly CpuEngine _engine = new();

        public int Sessions { get; set; }

        public INetworkSession CreateSession(Network network, SessionOptions? options = null)
        {
            Sessions++;
            return _engine.CreateSession(network, options);
        }
    }
}
