using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

public sealed class ZipTunerTests
{
    private static readonly ZipTunerOptions Small = new()
    {
        Zip = new ZipOptions { Threads = 1 },
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

        Network network = new Zipper(Reference.PrototypeMembers, best.Options).Zip(Reference.MixedImages(10)).Network;
        ZipEvaluation evaluation = ZipEvaluation.Evaluate(network, Reference.PrototypeTasks, Reference.MixedImages(20), new CpuEngine(), threads: 1);

        Assert.Equal(best.Score, evaluation.JointAccuracy);
    }

    [Fact]
    public void TuneByAgreement_NoLabels_ComparesWithTheEnsemble()
    {
        var calibration = new CountedImages(Reference.MixedImages(5));

        ZipTuning tuning = Prepare().TuneByAgreement(calibration, Reference.MixedImages(10));

        Assert.IsType<ZipMatcher>(tuning.Best.Options.Matcher);
        Assert.Equal(1 + 4, calibration.Passes); // one for all statistics, one for the reset of each candidate
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

    [Fact]
    public void Options_Default_TriesStagesHeadsAndTheGrid()
    {
        var tuner = new ZipTuner(Reference.PrototypeMembers, Reference.PrototypeTasks);

        Assert.Equal(8 * 4, tuner.CandidateCount); // everything, before heads, stages 2 and 1
    }

    private static ZipTuner Prepare() => new(Reference.PrototypeMembers, Reference.PrototypeTasks, Small);

    private sealed class Counter(Action count) : IProgress<ZipProgress>
    {
        public void Report(ZipProgress value)
        {
            if (value.Stage == "Tuning")
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
