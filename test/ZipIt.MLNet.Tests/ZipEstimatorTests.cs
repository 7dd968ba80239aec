using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.MLNet.Tests;

public sealed class ZipEstimatorTests
{
    private readonly MLContext _context = new(1);

    [Fact]
    public void Workout_Prototypes_KeepsAllPromises() =>
        Work(_context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier));

    [Fact]
    public void Workout_ClassScoresPrefixAndSmallBatches_KeepsAllPromises() =>
        Work(_context.Transforms.Zip(
            new ZipEstimator.Options { OutputColumnNamePrefix = "Zip", BatchSize = 7, Cut = ZipCut.AfterLayers(3), NumberOfThreads = 1 },
            Samples.WithScores("a", 3, ["x", "y", "z"]), Samples.WithScores("b", 4, ["u", "v"])));

    [Fact]
    public void Workout_OneClassifier_KeepsAllPromises() => Work(_context.Transforms.Zip("Pixels", Samples.AnimalClassifier));

    [Fact]
    public void Fit_Twice_GivesTheSameWeights()
    {
        IDataView data = Samples.View(_context, 60);
        ZipEstimator estimator = _context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier);

        AssertSameWeights(estimator.Fit(data).Network, estimator.Fit(data).Network);
    }

    [Fact]
    public void Fit_OneAndTwoThreads_GivesTheSameWeights()
    {
        ZipTransformer one = Samples.Fit(new MLContext(5), new ZipEstimator.Options { NumberOfThreads = 1 });
        ZipTransformer two = Samples.Fit(new MLContext(5), new ZipEstimator.Options { NumberOfThreads = 2 });

        AssertSameWeights(one.Network, two.Network);
    }

    [Fact]
    public void Fit_DefaultOptions_SharesEverythingSelectsAndRefits()
    {
        Assert.Same(Samples.Zipped.Network.Heads[0].Node, Samples.Zipped.Network.Heads[1].Node);
        Assert.Equal(new SelectionMatcher().Name, Samples.Zipped.Report!.Matcher);
        Assert.NotEmpty(Samples.Zipped.Report.Layers);
        Assert.Equal("Pixels", Samples.Zipped.InputColumnName);
        Assert.Equal(["bird", "cat", "dog", "car", "ship"], Samples.Zipped.Labels);
    }

    [Fact]
    public void Fit_MethodOfThePaper_MatchesAndResetsAsThePaper()
    {
        ZipTransformer zipped = Samples.Fit(_context, new ZipEstimator.Options { Method = ZipMethod.Paper, Alpha = 0.1, Beta = 0.8 });

        Assert.Equal(new ZipMatcher { Alpha = 0.1, Beta = 0.8 }.Name, zipped.Report!.Matcher);
        Assert.Empty(zipped.Report.Layers);
        Assert.Contains(ZipStage.BatchNormReset, zipped.Report.Times.Keys);
    }

    [Fact]
    public void Fit_WeightMatcher_MatchesByTheWeights()
    {
        ZipTransformer zipped = Samples.Fit(_context, new ZipEstimator.Options { Method = ZipMethod.Paper, Matcher = new WeightMatcher() });

        Assert.Equal("Weight matching", zipped.Report!.Matcher);
        Assert.All(zipped.Report.Spaces, space => Assert.Equal(space.Width, space.MergesAcross));
    }

    [Fact]
    public void Fit_FlopsBudget_IsUsedAndKept()
    {
        long single = NetworkCost.Of(Samples.AnimalClassifier.Network).MultiplyAdds;

        long cost = NetworkCost.Of(Samples.Fit(_context, new ZipEstimator.Options { FlopsBudget = 1.5 }).Network).MultiplyAdds;

        Assert.InRange(cost, single + 1, (long)(1.5 * single));
        Assert.Throws<ArgumentOutOfRangeException>(() => Samples.Fit(_context, new ZipEstimator.Options { FlopsBudget = 0 }));
    }

    [Fact]
    public void Options_AfterTheEstimatorIsMade_NoLongerCount()
    {
        var options = new ZipEstimator.Options();
        ZipEstimator estimator = _context.Transforms.Zip(options, Samples.AnimalClassifier, Samples.VehicleClassifier);
        options.InputColumnName = "Nothing";

        Assert.Equal("Pixels", estimator.Fit(Samples.View(_context, 4)).InputColumnName);
    }

    [Fact]
    public void Fit_ClassScores_KeepsHeadsApart()
    {
        ZipTransformer zipped = _context.Transforms.Zip("Pixels", Samples.WithScores("a", 3, ["x", "y"]), Samples.WithScores("b", 4, ["u", "v"]))
            .Fit(Samples.View(_context, 30));

        Assert.NotSame(zipped.Network.Heads[0].Node, zipped.Network.Heads[1].Node);
        Assert.Equal(["a", "b"], zipped.Network.Heads.Select(head => head.Name));
    }

    [Fact]
    public void Fit_ZippedModelAsMember_ServesAllTasks()
    {
        ZipClassifier both = ZipClassifier.FromTransformer("both", Samples.Zipped);
        IDataView data = Samples.View(_context, 30);

        ZipTransformer zipped = _context.Transforms.Zip("Pixels", both, Samples.WithPrototypes("plants", 9, ["tree", "moss"])).Fit(data);

        Assert.Equal(["animals", "vehicles", "plants"], zipped.Tasks.Select(task => task.Name));
        Assert.Contains("plants.Score", zipped.GetOutputSchema(data.Schema).Select(column => column.Name));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Fit_TooFewImages_SaysSo(int count)
    {
        ZipEstimator estimator = _context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier);

        var failure = Assert.Throws<InvalidOperationException>(() => estimator.Fit(Samples.View(_context, count)));
        Assert.Contains("'Pixels'", failure.Message);
        Assert.Contains($"found {count}", failure.Message);
    }

    [Fact]
    public void Fit_NoFiniteImages_SaysSo()
    {
        PixelRow[] rows = Samples.Rows(5);
        foreach (PixelRow row in rows)
            row.Pixels![3] = float.NaN;
        ZipEstimator estimator = _context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier);

        var failure = Assert.Throws<InvalidOperationException>(() => estimator.Fit(_context.Data.LoadFromEnumerable(rows)));
        Assert.Contains("not finite", failure.Message);
    }

    [Fact]
    public void Fit_ImagesWithMissingPixels_LeavesThemOutAndWarns()
    {
        PixelRow[] rows = Samples.Rows(61);
        rows[60].Pixels![3] = float.NaN;
        var warnings = new List<string>();
        _context.Log += (_, message) => Collect(message, warnings);

        ZipTransformer zipped = _context.Transforms.Zip("Pixels", Samples.AnimalClassifier, Samples.VehicleClassifier)
            .Fit(_context.Data.LoadFromEnumerable(rows));

        AssertSameWeights(Samples.Zipped.Network, zipped.Network);
        Assert.Contains(warnings, warning => warning.Contains("1 of 61"));
    }

    [Fact]
    public void Fit_MaximumNumberOfImages_TakesTheFirst()
    {
        var options = new ZipEstimator.Options { MaximumNumberOfCalibrationImages = 60 };
        ZipTransformer zipped = _context.Transforms.Zip(options, Samples.AnimalClassifier, Samples.VehicleClassifier).Fit(Samples.View(_context, 90));

        AssertSameWeights(Samples.Zipped.Network, zipped.Network);
    }

    [Fact]
    public void Fit_WritesStagesAndWarningsToTheLog()
    {
        var lines = new List<string>();
        var warnings = new List<string>();
        _context.Log += (_, message) =>
        {
            lines.Add(message.RawMessage);
            Collect(message, warnings);
        };
        ChannelAffine other = ChannelAffine.FromNormalization([0.4, 0.5, 0.5], [0.25, 0.25, 0.25]);

        var options = new ZipEstimator.Options { Method = ZipMethod.Paper };
        ZipTransformer zipped = _context.Transforms.Zip(options, Samples.WithScores("a", 3, ["x", "u"]), Samples.WithScores("b", 4, ["y", "v"], other))
            .Fit(Samples.View(_context, 20));

        foreach (string stage in (string[])["Statistics", "Matching", "Merging", "BatchNorm reset"])
            Assert.Contains(lines, line => line.StartsWith($"{stage} finished after"));
        Assert.Contains(warnings, warning => warning.Contains("normalize pixels differently"));
        Assert.Contains(warnings, warning => warning.Contains("Only 20 calibration images"));
        Assert.Equal(20, zipped.Report!.Images);
        Assert.All(zipped.Report.Warnings, warning => Assert.Contains(warning, warnings));
    }

    [Fact]
    public void Fit_OtherNormalizationWithTheDefaultMethod_SharesTheStemWithoutAWarning()
    {
        var lines = new List<string>();
        var warnings = new List<string>();
        _context.Log += (_, message) =>
        {
            lines.Add(message.RawMessage);
            Collect(message, warnings);
        };
        ChannelAffine other = ChannelAffine.FromNormalization([0.4, 0.5, 0.5], [0.25, 0.3, 0.25]);

        ZipTransformer zipped = _context.Transforms.Zip("Pixels", Samples.WithScores("a", 3, ["x", "y"]), Samples.WithScores("b", 4, ["u", "v"], other))
            .Fit(Samples.View(_context, 20));

        Assert.Single(zipped.Network.Nodes, node => node.Layer is ChannelAffine);
        Assert.Contains(lines, line => line.Contains("the first convolutions take in the difference"));
        Assert.DoesNotContain(warnings, warning => warning.Contains("normalize pixels differently"));
    }

    [Theory]
    [InlineData(ZipMethod.Best)]
    [InlineData(ZipMethod.Paper)]
    public void Fit_PixelsOfAnotherRange_AreRefusedUnlessTheyAreMeant(ZipMethod method)
    {
        PixelRow[] rows = Samples.Rows(60);
        foreach (PixelRow row in rows)
            row.Pixels = [.. row.Pixels!.Select(value => 255 * value)];
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        var warnings = new List<string>();
        _context.Log += (_, message) => Collect(message, warnings);

        string refused = Assert.Throws<InvalidOperationException>(() => Zip(CalibrationCheck.Refuse)).Message;
        Assert.Contains("'animals'", refused);
        Assert.Contains("more contrast", refused);
        Assert.Contains("CalibrationCheck.Warn", refused);

        Assert.NotNull(Zip(CalibrationCheck.Warn));
        Assert.Contains(warnings, warning => warning.Contains("'vehicles'") && warning.Contains("contrast"));

        ZipTransformer Zip(CalibrationCheck check) => _context.Transforms.Zip(
            new ZipEstimator.Options { Method = method, CalibrationCheck = check }, Samples.AnimalClassifier, Samples.VehicleClassifier).Fit(data);
    }

    [Theory]
    [InlineData(ZipMethod.Best)]
    [InlineData(ZipMethod.Paper)]
    public void Fit_OneImageThatOverflows_IsLeftOutWithAWarning(ZipMethod method)
    {
        PixelRow[] rows = Samples.Rows(30);
        Array.Fill(rows[4].Pixels!, 1e38f);
        var warnings = new List<string>();
        _context.Log += (_, message) => Collect(message, warnings);

        var options = new ZipEstimator.Options { Method = method };
        ZipTransformer zipped = _context.Transforms.Zip(options, Samples.AnimalClassifier, Samples.VehicleClassifier)
            .Fit(_context.Data.LoadFromEnumerable(rows));

        Assert.Contains(warnings, warning => warning.Contains("1 of 30 calibration images"));
        Assert.All(zipped.Network.Nodes, node => Assert.All(node.Layer.Parameters, parameter => Assert.True(parameter.Value?.IsFinite() ?? true)));
    }

    [Theory]
    [InlineData(ZipMethod.Best)]
    [InlineData(ZipMethod.Paper)]
    public void Fit_OneImageAgainAndAgain_Warns(ZipMethod method)
    {
        PixelRow[] rows = Samples.Rows(1);
        var warnings = new List<string>();
        _context.Log += (_, message) => Collect(message, warnings);

        IDataView data = _context.Data.LoadFromEnumerable(Enumerable.Repeat(rows[0], 60));
        _context.Transforms.Zip(new ZipEstimator.Options { Method = method }, Samples.AnimalClassifier, Samples.VehicleClassifier).Fit(data);

        Assert.Contains(warnings, warning => warning.Contains("Only 1 of the 60 calibration images"));
    }

    [Fact]
    public void Fit_Cancelled_Stops()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var options = new ZipEstimator.Options { CancellationToken = source.Token };

        Assert.ThrowsAny<OperationCanceledException>(() => Samples.Fit(_context, options));
    }

    [Fact]
    public void Zip_BadOptions_AreNamed()
    {
        Assert.Contains("BatchSize", Refuse(options => options.BatchSize = 0));
        Assert.Contains("CalibrationBatchSize", Refuse(options => options.CalibrationBatchSize = 1));
        Assert.Contains("MaximumNumberOfCalibrationImages", Refuse(options => options.MaximumNumberOfCalibrationImages = 1));
        Assert.Contains("NumberOfThreads", Refuse(options => options.NumberOfThreads = -1));
        Assert.Contains("Alpha", Refuse(options => options.Alpha = 2));
        Assert.Contains("Beta", Refuse(options => options.Beta = double.NaN));
        Assert.Contains("InputColumnName", Refuse(options => options.InputColumnName = ""));
        Assert.Contains("OutputColumnNamePrefix", Refuse(options => options.OutputColumnNamePrefix = null!));
        Assert.Contains("CalibrationCheck", Refuse(options => options.CalibrationCheck = (CalibrationCheck)9));
        Assert.Contains("layer9", Refuse(options => options.Cut = ZipCut.AfterNode("layer9")));

        string Refuse(Action<ZipEstimator.Options> spoil)
        {
            var options = new ZipEstimator.Options();
            spoil(options);
            return Assert.ThrowsAny<ArgumentException>(() => _context.Transforms.Zip(options, Samples.AnimalClassifier, Samples.VehicleClassifier)).Message;
        }
    }

    [Fact]
    public void Zip_BadClassifiers_AreNamed()
    {
        Assert.ThrowsAny<ArgumentException>(() => _context.Transforms.Zip("Pixels"));
        Assert.Contains("animals", Refuse(Samples.WithPrototypes("animals", 3, ["x"])));
        Assert.Contains("'cat'", Refuse(Samples.WithPrototypes("other", 3, ["cat"])));
        Assert.Contains("other", Refuse(ZipClassifier.FromNetwork("other", ResNet.Random(1, ResNetLayout.Cifar(14, outputs: 6), 8), ["x"],
            new ClassPrototypes(Samples.RandomTensor(1, 1, 6), 1))));
        Assert.Contains("other", Refuse(ZipClassifier.FromNetwork("other", ResNet.Random(1, ResNetLayout.Cifar(8, outputs: 2), 16), ["x", "y"])));

        string Refuse(ZipClassifier second) =>
            Assert.ThrowsAny<ArgumentException>(() => _context.Transforms.Zip("Pixels", Samples.AnimalClassifier, second)).Message;
    }

    [Fact]
    public void Zip_ClassScoresOnASharedOutput_AreRefused()
    {
        var options = new ZipEstimator.Options { Cut = ZipCut.Everything };

        var failure = Assert.Throws<ArgumentException>(() =>
            _context.Transforms.Zip(options, Samples.WithScores("a", 3, ["x", "y"]), Samples.WithScores("b", 4, ["u", "v"])));
        Assert.Contains("'a'", failure.Message);
    }

    [Fact]
    public void Fit_Refit_ReportsLayersAndChecksItsOptions()
    {
        var options = new ZipEstimator.Options { Refit = new RefitOptions() };
        ZipTransformer refitted = Samples.Fit(_context, options);

        Assert.NotEmpty(refitted.Report!.Layers);
        Assert.Throws<ArgumentOutOfRangeException>(() => _context.Transforms.Zip(
            new ZipEstimator.Options { Refit = new RefitOptions { Ridge = -1 } }, Samples.AnimalClassifier, Samples.VehicleClassifier));
    }

    private void Work(ZipEstimator estimator)
    {
        IDataView good = Samples.View(_context, 40);
        IDataView wrongType = _context.Data.LoadFromEnumerable(new[] { new { Pixels = "text", Class = "cat", Number = 1 } });
        IDataView missing = _context.Data.LoadFromEnumerable(new[] { new { Class = "cat", Number = 1 } });

        EstimatorWorkout.Run(_context, estimator, good, invalidInput: wrongType);
        EstimatorWorkout.Run(_context, estimator, good, invalidInput: missing);
    }

    private static void Collect(LoggingEventArgs message, List<string> warnings)
    {
        if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            warnings.Add(message.RawMessage);
    }

    private static void AssertSameWeights(Network expected, Network actual)
    {
        using var first = new MemoryStream();
        using var second = new MemoryStream();
        NetworkFile.Save(expected, first);
        NetworkFile.Save(actual, second);
        Assert.Equal(first.ToArray(), second.ToArray());
    }
}
