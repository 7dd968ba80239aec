using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests.Statistics;

/// <summary>Whether what a network was trained on is told from what it was not, on trained networks.</summary>
public sealed class StatisticsShiftTests
{
    private static readonly StateDictionary Weights = Checkpoint.Load(TestFiles.ClassModel('a'));
    private static readonly Network Right = ResNet.FromCheckpoint(Weights, normalization: TestFiles.CifarNormalization);
    private static readonly InMemoryImages Images = Pick(TestFiles.LoadCalibrationImages().Pixels, i => i % 10 * 100 + i / 10, 200);

    [Theory]
    [InlineData('a')]
    [InlineData('b')]
    public void Measure_RightImages_IsUsual(char task)
    {
        foreach (string model in (string[])[TestFiles.ClassModel(task), TestFiles.PrototypeModel(task)])
        {
            StatisticsShift shift = StatisticsShift.Measure(ResNet.FromCheckpoint(Checkpoint.Load(model), normalization: TestFiles.CifarNormalization),
                Images)!;

            Assert.InRange(shift.Median, 0.01, 0.2);
            Assert.False(shift.IsUnusual || shift.IsUseless);
            Assert.Null(shift.Describe("a"));
        }
    }

    [Theory]
    [InlineData("LeakyReLU", "another activation")]
    [InlineData("SiLU", "another activation")]
    [InlineData("max pooling", "another activation")]
    [InlineData("divided by 255 only", "less contrast")]
    public void Measure_WrongNetwork_IsUnusualAndNamesTheCause(string kind, string cause)
    {
        Network wrong = kind switch
        {
            "LeakyReLU" => Right.Replace(node => node.Layer is ReLU ? new LeakyReLU(0.1f) : node.Layer),
            "SiLU" => Right.Replace(node => node.Layer is ReLU ? new SiLU() : node.Layer),
            "max pooling" => InsertBehindStem(new MaxPool2d(3, 2, 1)),
            _ => Normalized([0, 0, 0], [1, 1, 1], 255),
        };

        StatisticsShift shift = StatisticsShift.Measure(wrong, Images)!;

        Assert.True(shift.IsUnusual);
        Assert.False(shift.IsUseless);
        Assert.Contains("'pets'", shift.Describe("pets"));
        Assert.Contains(cause, shift.Describe("pets"));
    }

    [Theory]
    [InlineData("no normalization", "more contrast")]
    [InlineData("statistics of 0-1", "more contrast")]
    [InlineData("divided twice", "less contrast")]
    [InlineData("black", "less contrast")]
    [InlineData("overflow", "more contrast")]
    public void Measure_PixelsOfAnotherRange_IsUseless(string kind, string cause)
    {
        StatisticsShift shift = kind switch
        {
            "no normalization" => StatisticsShift.Measure(Normalized([0, 0, 0], [1, 1, 1], 1), Images)!,
            "statistics of 0-1" => StatisticsShift.Measure(Normalized([0.49, 0.48, 0.45], [0.2, 0.2, 0.2], 1), Images)!,
            "divided twice" => StatisticsShift.Measure(Right, Change(value => value / 255))!,
            "black" => StatisticsShift.Measure(Right, Change(_ => 0))!,
            _ => StatisticsShift.Measure(Right, Change(value => 1e38f * value))!,
        };

        Assert.True(shift.IsUseless);
        Assert.Contains(cause, shift.Describe("a"));
    }

    [Fact]
    public void Measure_NetworkWithoutBatchNormalization_IsNull()
    {
        Assert.Null(StatisticsShift.Measure(BatchNormFolding.Fold(Right), Images));
        Assert.Null(StatisticsShift.Measure(SmallNetworks.Draw("vgg", 1), SmallNetworks.Images));
    }

    [Fact]
    public void Measure_OtherShapeOrNoImages_IsRefused()
    {
        Assert.Contains("[3, 8, 8]", Assert.Throws<ArgumentException>(() => StatisticsShift.Measure(Right, SmallNetworks.Images)).Message);
        Assert.Throws<ArgumentException>(() => StatisticsShift.Measure(Right, new InMemoryImages(new Tensor(0, 3, 32, 32))));
    }

    /// <summary>Images of one class after the other are measured as the mixed ones are, as all parts of them count.</summary>
    [Fact]
    public void Measure_ImagesSortedByClass_IsUsual()
    {
        StatisticsShift shift = StatisticsShift.Measure(Right, new InMemoryImages(TestFiles.LoadCalibrationImages().Pixels))!;

        Assert.False(shift.IsUnusual);
        Assert.InRange(shift.Images, 150, 250);
    }

    [Theory]
    [InlineData(7, 1)]
    [InlineData(100, 2)]
    public void Zip_AnyBatchesAndThreads_MeasuresTheSame(int batchSize, int threads)
    {
        ZipOptions options = ZipOptions.For(ZipMethod.Paper) with { BatchSize = batchSize, Threads = threads, ResetBatchNorm = false,
            Cut = ZipCut.AfterLayers(1) };

        IReadOnlyList<StatisticsShift?> shifts = new Zipper([new("A", Right), new("B", BatchNormFolding.Fold(Right))], options).Zip(Images).Report.Shifts;

        Assert.Equal([StatisticsShift.Measure(Right, Images, threads: 1), null], shifts);
    }

    [Fact]
    public void Zip_ImagesThatCannotBeRight_AreRefusedBeforeTheWorkUnlessTheyAreMeant()
    {
        ZipOptions options = ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.AfterLayers(1) };
        ZipMember[] members = [new("A", Right),
            new("B", ResNet.FromCheckpoint(Weights, normalization: ChannelAffine.FromNormalization([0.5, 0.5, 0.5], [0.2, 0.2, 0.2], 1)))];
        int seen = 0;

        string refused = Assert.Throws<InvalidOperationException>(() => new Zipper(members, options).Zip(new WatchedImages(Images, count => seen = (int)count)))
            .Message;
        ZipReport report = new Zipper(members, options with { CalibrationCheck = CalibrationCheck.Warn }).Zip(Images).Report;

        Assert.Contains("'B'", refused);
        Assert.DoesNotContain("'A'", refused);
        Assert.Contains("CalibrationCheck.Warn", refused);
        Assert.Equal(0, seen);
        Assert.Single(report.Warnings, warning => warning.Contains("'B'") && warning.Contains("more contrast"));
        Assert.True(report.Shifts[1]!.IsUseless);
        Assert.Contains("shift from training: A 0.", report.ToText());
        Assert.Equal(report.Shifts, ZipReport.FromJson(report.ToJson()).Shifts);
        Assert.Empty(new Zipper(members, options with { CalibrationCheck = CalibrationCheck.Skip }).Zip(Images).Report.Shifts);
    }

    [Fact]
    public void Tune_ImagesThatCannotBeRight_AreRefused()
    {
        ZipMember[] members = [new("A", Right), new("B", Right)];
        ClassificationTask[] tasks = [.. members.Select(member =>
            ClassificationTask.FromScores(member.Name, [.. Enumerable.Range(0, 5).Select(i => $"{member.Name} {i}")]))];
        var tuner = new ZipTuner(members, tasks, new ZipTunerOptions { Cuts = [ZipCut.AfterLayers(1)] });

        Assert.Throws<InvalidOperationException>(() => tuner.TuneByAgreement(Change(_ => 0), Images));
    }

    [Fact]
    public void FromJson_InfiniteShift_IsKept()
    {
        var report = new ZipReport("greedy", [], default, [default], new Dictionary<ZipStage, TimeSpan>())
        {
            Shifts = [new StatisticsShift(double.PositiveInfinity, double.NegativeInfinity, 3), null],
        };

        Assert.Equal(report.Shifts, ZipReport.FromJson(report.ToJson()).Shifts);
        Assert.Single(report.Warnings);
    }

    private static Network Normalized(double[] mean, double[] deviation, double range) =>
        ResNet.FromCheckpoint(Weights, normalization: ChannelAffine.FromNormalization(mean, deviation, range));

    private static Network InsertBehindStem(Layer layer)
    {
        var rewriter = new NetworkRewriter(Right);
        rewriter.InsertBehind(Right["relu"], "pool", layer);
        return rewriter.ToNetwork();
    }

    private static InMemoryImages Change(Func<float, float> change)
    {
        ImageBatch all = Images.ReadBatches(Images.Count).Single();
        return new InMemoryImages(new Tensor(Array.ConvertAll(all.Pixels.ToArray(), value => change(value)), Images.Count, 3, 32, 32));
    }

    private static InMemoryImages Pick(Tensor pixels, Func<int, int> which, int count)
    {
        var picked = new Tensor(count, 3, 32, 32);
        for (int i = 0; i < count; i++)
            pixels.Slice(which(i), 1).Span.CopyTo(picked.Slice(i, 1).Span);
        return new InMemoryImages(picked);
    }
}
