namespace ZipIt.Merging.Tests;

public sealed class ZipProgressTests
{
    private static readonly ZipMember[] Members = [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2))];

    [Theory]
    [InlineData(ZipMethod.Best, new[] { ZipStage.Statistics, ZipStage.Matching, ZipStage.Refit })]
    [InlineData(ZipMethod.Paper, new[] { ZipStage.Statistics, ZipStage.Matching, ZipStage.Merging, ZipStage.BatchNormReset })]
    public void Zip_AnyMethod_CountsEveryStageUpToItsTotal(ZipMethod method, ZipStage[] stages)
    {
        var log = new ProgressLog();

        ZipReport report = new Zipper(Members, ZipOptions.For(method) with { BatchSize = 5, Threads = 1 }).Zip(SmallNetworks.Images, log).Report;

        Assert.Equal(stages, report.Times.Keys);
        Assert.Equal(stages, log.Entries.Where(entry => entry.IsFinished).Select(entry => entry.Stage));
        foreach (IGrouping<ZipStage, ZipProgress> stage in log.Entries.GroupBy(entry => entry.Stage))
        {
            ZipProgress[] entries = [.. stage];
            Assert.Equal(entries.Select(entry => entry.Done).Order(), entries.Select(entry => entry.Done));
            Assert.True(entries[^1].IsFinished);
            if (stage.Key.CountedUnits() is null)
                continue;
            Assert.True(entries.Length > 2);
            Assert.All(entries, entry => Assert.Equal(entry.Total, entries[^1].Done));
        }
    }

    [Fact]
    public void CollectStatistics_SourceOfUnknownLength_CountsWithoutATotal()
    {
        var log = new ProgressLog();

        new Zipper(Members, new ZipOptions { BatchSize = 20 }).CollectStatistics(new Unbounded(), log);

        Assert.Equal([20, 24, 24], log.Entries.Select(entry => entry.Done));
        Assert.All(log.Entries, entry => Assert.Null(entry.Total));
    }

    [Theory]
    [InlineData(ZipStage.Refit, 8, 23, "Refit: 8 of 23 layers")]
    [InlineData(ZipStage.Statistics, 100, null, "Statistics: 100 images")]
    [InlineData(ZipStage.Merging, 0, null, "Merging")]
    public void ToString_Unfinished_SaysWhatIsDone(ZipStage stage, int done, int? total, string expected) =>
        Assert.Equal(expected, new ZipProgress(stage, done, total, TimeSpan.FromSeconds(1), false).ToString());

    [Fact]
    public void ToString_Finished_SaysHowLongItTook() =>
        Assert.Equal("BatchNorm reset finished after 1.25 s", new ZipProgress(ZipStage.BatchNormReset, 9, 9, TimeSpan.FromSeconds(1.25), true).ToString());

    [Fact]
    public void ToText_AllStages_HaveNamesThatAreFoundAgain() =>
        Assert.All(Enum.GetValues<ZipStage>(), stage => Assert.Equal(stage, ZipStageNames.Find(stage.ToText())));

    private sealed class ProgressLog : IProgress<ZipProgress>
    {
        public List<ZipProgress> Entries { get; } = [];

        public void Report(ZipProgress value) => Entries.Add(value);
    }

    private sealed class Unbounded : IImageSource
    {
        public ReadOnlySpan<int> Shape => SmallNetworks.Images.Shape;

        public IEnumerable<ImageBatch> ReadBatches(int batchSize) => SmallNetworks.Images.ReadBatches(batchSize);
    }
}
