using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

/// <summary>What is said about the loss of a zip without labels, and what is made of it.</summary>
public sealed class ZipLossTests
{
    private static readonly ClassificationTask[] Tasks =
        [ClassificationTask.FromScores("A", ["a", "b", "c", "d", "e"]), ClassificationTask.FromScores("B", ["x", "y", "z"])];

    private static readonly ZipMember[] Members = [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2, outputs: 3))];

    private static readonly InMemoryImages Images = Noise(120);

    [Theory]
    [InlineData(ZipMethod.Best, true)]
    [InlineData(ZipMethod.PaperWithRefit, true)]
    [InlineData(ZipMethod.Paper, false)]
    public void Zip_KnownTasks_ReportsTheirLosses(ZipMethod method, bool isRefitted)
    {
        ZipResult result = Zip(ZipOptions.For(method, Tasks));
        ZipReport report = result.Report;

        Assert.Equal(["A", "B"], report.Tasks.Select(task => task.Name));
        Assert.Equal(isRefitted ? Enumerable.Range(0, 120).Count(HeldOutImages.Contains) : 120, report.ComparedImages);
        Assert.Equal(report.ComparedImages, report.Tasks.Sum(task => task.Images));
        Assert.All(report.Tasks, task => Assert.InRange(task.Loss, 0, 1 - task.Agreement + 1e-9));
        Assert.InRange(report.Loss!.Value, 1e-6, 1);
        Assert.Contains("as its member", report.ToText());
        Assert.Equal(report.ToText(), ZipReport.FromJson(report.ToJson()).ToText());
        Assert.Equal(["A", "B"], result.Tasks.Select(task => task.Name));
        Assert.All(result.Tasks, task => Assert.NotNull(task.Calibration));
    }

    [Fact]
    public void Zip_UnknownTasks_SaysNothing()
    {
        ZipResult result = Zip(new ZipOptions());

        Assert.Empty(result.Tasks);
        Assert.Empty(result.Report.Tasks);
        Assert.Null(result.Report.Loss);
    }

    [Fact]
    public void Zip_AnyNumberOfThreads_EstimatesTheSame()
    {
        ZipResult one = Zip(ZipOptions.For(ZipMethod.Best, Tasks) with { Threads = 1 }),
            three = Zip(ZipOptions.For(ZipMethod.Best, Tasks) with { Threads = 3 });

        Assert.Equal(one.Report.Loss, three.Report.Loss);
        Assert.Equal(one.Report.Tasks, three.Report.Tasks);
        Assert.Equal(one.Tasks.Select(task => task.Calibration), three.Tasks.Select(task => task.Calibration));
    }

    /// <summary>Maps that do not depend on the images, so that these tell only through the fit.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Zip_AnotherImageInOnePlace_ChangesLayersOnlyIfItIsNotHeldOut(bool isHeldOut)
    {
        int place = Enumerable.Range(0, 120).First(image => HeldOutImages.Contains(image) == isHeldOut);
        ImageBatch batch = Images.ReadBatches(120).Single();
        float[] pixels = batch.Pixels.ToArray();
        for (int i = place * 192; i < (place + 1) * 192; i++)
            pixels[i] = 3 - pixels[i];
        ZipOptions options = ZipOptions.For(ZipMethod.Best, Tasks) with { Matcher = new WeightMatcher(), Threads = 1 };

        Network network = Zip(options).Network, changed = Zip(options, new InMemoryImages(new Tensor(pixels, 120, 3, 8, 8))).Network;

        Assert.Equal(isHeldOut, Weights(network, layer => layer is Conv2d).SequenceEqual(Weights(changed, layer => layer is Conv2d)));
        Assert.NotEqual(Weights(network, layer => layer is Linear), Weights(changed, layer => layer is Linear));
    }

    [Fact]
    public void Zip_MaximumLoss_TakesTheCheapestCutWithinIt()
    {
        ZipOptions options = ZipOptions.For(ZipMethod.Best, Tasks) with { Threads = 1 };
        ZipTuning curve = new ZipTuner(Members, Tasks, new ZipTunerOptions { Zip = options with { MaximumLoss = 0.5 },
            Cuts = [ZipCut.BeforeHeads, ZipCut.AfterStage(1), ZipCut.Nothing] }).TuneByLoss(Images);
        double[] losses = [.. curve.Candidates.Select(candidate => candidate.Loss!.Value)];
        double limit = (losses[0] + losses[1]) / 2;

        ZipResult result = Zip(options with { MaximumLoss = limit });

        Assert.Equal(losses.OrderDescending(), losses);
        Assert.Equal(0, losses[^1]);
        Assert.Equal(2, result.Report.Cuts.Count);
        Assert.Equal(losses[..2], result.Report.Cuts.Select(cut => cut.Loss));
        Assert.Equal(curve.Candidates[1].Cost, result.Report.Cost);
        Assert.Same(curve.Candidates[1], curve.CheapestWithin(limit));
        Assert.Same(curve.Candidates[^1], curve.CheapestWithin(0));
        Assert.Equal(losses[1], Zip(options with { Cut = ZipCut.AfterStage(1) }).Report.Loss);
    }

    [Fact]
    public void Zip_NoLossAllowed_GivesTheEnsemble()
    {
        ZipResult result = Zip(ZipOptions.For(ZipMethod.Paper, Tasks) with { MaximumLoss = 0, Threads = 1 });

        Assert.Equal(0, result.Report.Loss);
        Assert.Equal(Members.Sum(member => NetworkCost.Of(member.Network).MultiplyAdds), result.Report.Cost.MultiplyAdds);
        Assert.Equal(result.Report.Cuts.Select(cut => cut.MultiplyAdds).Order(), result.Report.Cuts.Select(cut => cut.MultiplyAdds));
    }

    [Fact]
    public void Zipper_UnfitMaximumLoss_IsRefusedBeforeAnyImage()
    {
        ZipOptions known = ZipOptions.For(ZipMethod.Best, Tasks);

        Assert.Contains("Tasks", Assert.Throws<ArgumentException>(() => new Zipper(Members, new ZipOptions { MaximumLoss = 0.1 })).Message);
        Assert.Contains("FlopsBudget",
            Assert.Throws<ArgumentException>(() => new Zipper(Members, known with { MaximumLoss = 0.1, FlopsBudget = 1.2 })).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Zipper(Members, known with { MaximumLoss = 1.1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Zipper(Members, known with { MaximumLoss = double.NaN }));
    }

    [Theory]
    [InlineData(200, 0.3, true)]
    [InlineData(3, 0.3, false)]
    [InlineData(200, 0.05, false)]
    [InlineData(0, double.NaN, false)]
    public void Warnings_TaskThatLosesMuch_IsNamedIfThatIsCertain(int images, double loss, bool warns)
    {
        ZipReport report = Zip(new ZipOptions()).Report with { Tasks = [new TaskReport("cats", images, 0.6, loss)] };

        Assert.Equal(warns, report.Warnings.Any(warning => warning.StartsWith("Task 'cats' loses much")));
    }

    [Fact]
    public void Zip_NearlyDeadChannels_IsThatOfDeadOnes()
    {
        Network[] zipped = [.. new[] { 0f, 1e-7f }.Select(scale =>
        {
            ZipMember[] members = [new("A", WithChannels(Members[0].Network, scale)), Members[1]];
            return new Zipper(members, ZipOptions.For(ZipMethod.Best, Tasks) with { Threads = 1 }).Zip(Images).Network;
        })];

        Assert.True(RefitNetworks.Distance(RefitNetworks.Run(zipped[0], Images), RefitNetworks.Run(zipped[1], Images)) < 1e-2);
        Assert.All(RefitNetworks.Run(zipped[1], Noise(50, seed: 8)), value => Assert.InRange(value, -100, 100));
    }

    [Fact]
    public void Zip_DeadChannels_AreNotKept()
    {
        ZipMember[] members = [new("A", WithChannels(Members[0].Network, 1e-7f)), Members[1]];
        SpaceMap map = new Zipper(members, ZipOptions.For(ZipMethod.Best, Tasks) with { Threads = 1 }).Zip(Images)
            .Maps.First(entry => entry.Space.Name.Contains("layer1.0.relu1"));

        int[] kept = [.. Enumerable.Range(0, map.Map.MergedCount).Select(p => map.Map.MergeRow(p)[0].Index)];
        Assert.DoesNotContain(kept, feature => feature is >= 2 and < 8);
    }

    [Fact]
    public void Zip_BlockThatIsSwitchedOff_LeavesItsPlacesToTheOtherMember()
    {
        Network off = Members[0].Network.Replace(node => node.Name == "layer1.0.bn2" ? Scaled((BatchNorm2d)node.Layer, 0, 1e-5f) : node.Layer);
        SpaceMap map = new Zipper([new("A", off), Members[1]], ZipOptions.For(ZipMethod.Best, Tasks) with { Threads = 1 }).Zip(Images).Maps
            .First(entry => entry.Space.Name.Contains("layer1.0.relu1"));

        Assert.All(Enumerable.Range(0, map.Map.MergedCount), p => Assert.InRange(map.Map.MergeRow(p)[0].Index, 8, 15));
    }

    /// <summary>A network of which all but two channels inside the first block are multiplied by a factor.</summary>
    private static Network WithChannels(Network network, float factor) =>
        network.Replace(node => node.Name == "layer1.0.bn1" ? Scaled((BatchNorm2d)node.Layer, 2, factor) : node.Layer);

    private static BatchNorm2d Scaled(BatchNorm2d norm, int firstChannel, float factor)
    {
        Tensor weight = norm.Weight.Clone(), bias = norm.Bias.Clone();
        for (int c = firstChannel; c < norm.Channels; c++)
            (weight.Span[c], bias.Span[c]) = (factor * weight.Span[c], factor * bias.Span[c]);
        return new BatchNorm2d(weight, bias, norm.Mean, norm.Variance, norm.Epsilon);
    }

    private static ZipResult Zip(ZipOptions options, InMemoryImages? images = null) => new Zipper(Members, options).Zip(images ?? Images);

    private static float[] Weights(Network network, Func<Layer, bool> selects) =>
        [.. network.Nodes.Where(node => selects(node.Layer)).SelectMany(node => node.Layer.Parameters.Where(parameter => parameter.Value is not null)
            .SelectMany(parameter => parameter.Value!.Span.ToArray()))];

    private static InMemoryImages Noise(int count, int seed = 5)
    {
        var random = new Random(seed);
        var images = new Tensor(count, 3, 8, 8);
        foreach (ref float value in images.Span)
            value = (float)(random.NextDouble() * 3 - 1.5);
        return new InMemoryImages(images);
    }
}
