using System.Security.Cryptography;
using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

public sealed class ZipTunerTests
{
    private static readonly ZipTunerOptions Small = new()
    {
        Zip = ZipOptions.For(ZipMethod.Paper) with { Threads = 1 },
        Matchers = [new IdentityMatcher(), .. ZipTunerOptions.Grid([0.1], [0.8])],
        Cuts = [ZipCut.AfterLayers(7), ZipCut.AfterLayers(13)],
    };

    private static readonly Lazy<ZipTuning> ByAccuracy = new(() => Prepare().TuneByAccuracy(Reference.MixedImages(10), Reference.MixedImages(20)));

    [Fact]
    public void TuneByAccuracy_Grid_RanksAllCandidates()
    {
        ZipTuning tuning = ByAccuracy.Value;

        Assert.Equal(4, tuning.Candidates.Count);
        Assert.Equal(tuning.Candidates.Max(candidate => candidate.Score), tuning.Best.Score);
        Assert.IsType<ZipMatcher>(tuning.Best.Options.Matcher);
        Assert.True(tuning.Best.Score > 0.5, tuning.ToText());
        Assert.Equal(57_131_008, tuning.CheapestWith(0)!.Cost.MultiplyAdds);
        Assert.Equal(57_131_008, tuning.BestWithin(60_000_000)!.Cost.MultiplyAdds);
        Assert.Null(tuning.BestWithin(1));
        Assert.Null(tuning.CheapestWith(1.1));
        Assert.Equal(4, tuning.ToText().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void TuneByAccuracy_BestOptions_GiveTheSameNetworkAgain()
    {
        ZipCandidate best = ByAccuracy.Value.Best;

        ZipResult result = new Zipper(Reference.PrototypeMembers, best.Options).Zip(Reference.MixedImages(10));
        ZipEvaluation evaluation = ZipEvaluation.Evaluate(result.Network, result.Tasks, Reference.MixedImages(20), new CpuEngine(), threads: 1);

        Assert.Equal(best.Score, evaluation.JointAccuracy);
    }

    [Theory]
    [InlineData(ZipMethod.Best)]
    [InlineData(ZipMethod.PaperWithRefit)]
    [InlineData(ZipMethod.Paper)]
    public void TuneByAccuracy_AnyMethod_ScoresTheNetworksThatTheOptionsGive(ZipMethod method)
    {
        ZipMember[] members = [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2, outputs: 3))];
        ClassificationTask[] tasks = [ClassificationTask.FromScores("A", ["a", "b", "c", "d", "e"]), ClassificationTask.FromScores("B", ["x", "y", "z"])];
        ImageBatch batch = SmallNetworks.Images.ReadBatches(24).Single();
        var heldOut = new InMemoryImages(new Tensor(batch.Pixels.ToArray(), 24, 3, 8, 8), [.. Enumerable.Range(0, 24).Select(i => i % 8)]);
        var engine = new RecordingEngine();
        var options = new ZipTunerOptions
        {
            Zip = ZipOptions.For(method) with { Threads = 1, Engine = engine },
            Matchers = [new SelectionMatcher(), new ZipMatcher { Alpha = 0.1, Beta = 0.8 }],
            Cuts = [ZipCut.AfterStage(1), ZipCut.BeforeHeads],
        };

        ZipTuning tuning = new ZipTuner(members, tasks, options).TuneByAccuracy(SmallNetworks.Images, heldOut);

        string[] scored = [.. engine.Networks.Select(Describe)];
        Assert.Equal(4, tuning.Candidates.Count);
        Assert.All(tuning.Candidates, candidate =>
        {
            ZipResult again = new Zipper(members, candidate.Options with { Engine = new CpuEngine() }).Zip(SmallNetworks.Images);
            ZipEvaluation evaluation = ZipEvaluation.Evaluate(again.Network, again.Tasks, heldOut, new CpuEngine(), threads: 1);
            Assert.Contains(Describe(again.Network), scored);
            Assert.Equal(evaluation.JointAccuracy, candidate.Score);
            Assert.Equal(again.Report.Cost, candidate.Cost);
            Assert.Equal(method != ZipMethod.Paper, again.Report.Layers.Count > 0);
        });
    }

    [Fact]
    public void TuneByAgreement_RefittedMemberBesideAPlainOne_FoldsBothOnce()
    {
        ZipMember[] members = [Reference.PrototypeMembers[0], new("B", BatchNormFolding.Fold(Reference.PrototypeMembers[1].Network))];

        ZipTuning tuning = new ZipTuner(members, Reference.PrototypeTasks, Small).TuneByAgreement(Reference.MixedImages(2), Reference.MixedImages(2));

        Assert.Equal(4, tuning.Candidates.Count);
        Assert.Contains(tuning.Candidates, candidate => candidate.Cost.MultiplyAdds == 71_286_784);
    }

    [Fact]
    public void TuneByAgreement_NoLabels_ComparesWithTheEnsemble()
    {
        var calibration = new CountedImages(Reference.MixedImages(5));

        ZipTuning tuning = Prepare().TuneByAgreement(calibration, Reference.MixedImages(10));

        Assert.IsType<ZipMatcher>(tuning.Best.Options.Matcher);
        Assert.Equal(1 + 1 + 2 * 4, calibration.Passes); // the members side by side, all statistics, reset and comparison of each candidate
    }

    [Fact]
    public void FindLargestSharing_LowDemand_TriesTheCheapestCutOnly()
    {
        int tried = 0;
        var progress = new Counter(() => tried++);

        ZipCandidate? found = Prepare().FindLargestSharing(Reference.MixedImages(5), Reference.MixedImages(10), 0.3, progress);

        Assert.Equal(ZipCut.AfterLayers(13), found!.Options.Cut);
        Assert.InRange(tried, 2, 3);
    }

    [Fact]
    public void TuneByAccuracy_Cancelled_Stops() => Assert.Throws<OperationCanceledException>(() =>
        Prepare().TuneByAccuracy(Reference.MixedImages(5), Reference.MixedImages(5), cancellationToken: new CancellationToken(true)));

    [Theory]
    [InlineData(ZipMethod.Best, 1)]
    [InlineData(ZipMethod.PaperWithRefit, 8)]
    public void Options_Default_TriesStagesAndHeads(ZipMethod method, int matchers)
    {
        var tuner = new ZipTuner(Reference.PrototypeMembers, Reference.PrototypeTasks, new ZipTunerOptions { Zip = ZipOptions.For(method) });

        Assert.Equal(matchers * 4, tuner.CandidateCount); // everything, before heads, stages 2 and 1
    }

    [Fact]
    public void Options_Default_IsTheDefaultMethod() => Assert.IsType<SelectionMatcher>(new ZipTunerOptions().Zip.Matcher);

    private static string Describe(Network network)
    {
        using var file = new MemoryStream();
        NetworkFile.Save(network, file);
        return Convert.ToHexString(SHA256.HashData(file.ToArray()));
    }

    private static ZipTuner Prepare() => new(Reference.PrototypeMembers, Reference.PrototypeTasks, Small);

    private sealed class Counter(Action count) : IProgress<ZipProgress>
    {
        public void Report(ZipProgress value)
        {
            if (value is { Stage: ZipStage.Tuning, IsFinished: false })
                count();
        }
    }

    private sealed class CountedImages(IImageSource images) : IImageSource
    {
        public int Passes { get; private set; }

        public ReadOnlySpan<int> Shape => images.Shape;

        public IEnumerable<ImageBatch> ReadBatches(int batchSize)
        {
            Passes++;
            return images.ReadBatches(batchSize);
        }
    }
}
