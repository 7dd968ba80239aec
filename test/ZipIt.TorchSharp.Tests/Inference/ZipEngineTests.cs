using Microsoft.ML;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.TorchSharp.Tests.Inference;

/// <summary>Zips with libtorch and with the embedded engine.</summary>
public sealed class ZipEngineTests
{
    private const int CalibrationImages = 100;
    private const int TestImages = 300;

    private static readonly string[] Labels = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    private static readonly CifarImages Images = TestFiles.LoadCalibrationImages();

    [Fact]
    public void CollectStatistics_EitherEngine_GivesTheSameStatisticsAndMaps()
    {
        Zipper own = CreateZipper(new CpuEngine()), torch = CreateZipper(new TorchSharpEngine());
        IImageSource images = Calibration();
        IReadOnlyList<SpaceStatistics> expected = own.CollectStatistics(images), found = torch.CollectStatistics(images);
        Assert.Equal(expected.Count, found.Count);
        foreach ((SpaceStatistics first, SpaceStatistics second) in expected.Zip(found))
        {
            EngineWorkout.CheckClose([.. first.Statistics.Mean.Select(x => (float)x)], [.. second.Statistics.Mean.Select(x => (float)x)], first.Node);
            for (int i = 0; i < first.Statistics.FeatureCount; i++)
                EngineWorkout.CheckClose(ToFloats(first.Statistics.Covariance.Row(i)), ToFloats(second.Statistics.Covariance.Row(i)), $"{first.Node}, row {i}",
                    2e-4f);
        }

        foreach ((SpaceMap first, SpaceMap second) in own.Match(expected).Zip(torch.Match(found)))
        {
            for (int i = 0; i < first.Map.MergedCount; i++)
                Assert.Equal(first.Map.MergeRow(i).ToArray(), second.Map.MergeRow(i).ToArray());
            for (int i = 0; i < first.Map.SourceCount; i++)
                Assert.Equal(first.Map.UnmergeRow(i).ToArray(), second.Map.UnmergeRow(i).ToArray());
        }
    }

    [Fact]
    public void Fit_PartialZipWithEitherEngine_RunsAlikeOnBoth()
    {
        var context = new MLContext(seed: 1);
        ZipTransformer model = Fit(context, new TorchSharpEngine(), ZipMethod.Paper);
        Network network = model.Network;
        Assert.Equal(2, network.Heads.Count);
        var inputs = new ReadOnlyMemory<float>[] { Images.Pixels.Slice(0, 8).Memory };
        EngineWorkout.CheckAgrees(new TorchSharpEngine(), network, new SessionOptions(), inputs, reference: new CpuEngine());
    }

    [Fact]
    public void Fit_RefitWithEitherEngine_IsEquallyAccurate()
    {
        var context = new MLContext(seed: 1);
        IDataView test = context.Data.LoadFromEnumerable(Rows(1, TestImages));
        double[] accuracies = [.. ((INetworkEngine[])[new CpuEngine(), new TorchSharpEngine()])
            .Select(engine => context.MulticlassClassification.EvaluateZip(Fit(context, engine, ZipMethod.Best, layers: 5).Transform(test),
                labelColumnName: "Class").JointAccuracy)];
        Assert.True(accuracies[0] > 0.7, $"The accuracy is {accuracies[0]:P1}.");
        Assert.Equal(accuracies[0], accuracies[1], 0.002);
    }

    [Fact]
    public void SaveAndLoad_ModelOfOneEngine_RunsWithTheOther()
    {
        var context = new MLContext(seed: 1);
        ZipTransformer model = Fit(context, new TorchSharpEngine(), ZipMethod.Paper);
        IDataView rows = context.Data.LoadFromEnumerable(Rows(3, 20));
        using var stream = new MemoryStream();
        context.Model.Save(model, rows.Schema, stream);
        stream.Position = 0;
        var loaded = (ZipTransformer)new MLContext().Model.Load(stream, out _);

        float[] expected = Scores(model, rows);
        EngineWorkout.CheckClose(expected, Scores(loaded, rows), "scores of the embedded engine");
        EngineWorkout.CheckClose(expected, Scores(loaded.WithEngine(new TorchSharpEngine(context), batchSize: 7), rows), "scores of libtorch");

        float[] Scores(ITransformer transformer, IDataView data) =>
            [.. context.Data.CreateEnumerable<ScoredRow>(transformer.Transform(data), reuseRowObject: false).SelectMany(row => row.Score)];
    }

    private static ZipTransformer Fit(MLContext context, INetworkEngine engine, ZipMethod method, int layers = 13)
    {
        var options = new ZipEstimator.Options { Engine = engine, Method = method, Cut = ZipCut.AfterLayers(layers) };
        return context.Transforms.Zip(options, Classifier('a', [0, 2, 4, 6, 8]), Classifier('b', [1, 3, 5, 7, 9]))
            .Fit(context.Data.LoadFromEnumerable(Rows(0, CalibrationImages)));
    }

    private static ZipClassifier Classifier(char task, int[] classes) =>
        ZipClassifier.FromNetwork($"{task}", TestFiles.LoadClassNetwork(task), [.. classes.Select(c => Labels[c])], null, TestFiles.CifarNormalization);

    private static Zipper CreateZipper(INetworkEngine engine) => new(
        [.. "ab".Select(task => new ZipMember($"{task}", TestFiles.LoadClassNetwork(task)))], ZipOptions.For(ZipMethod.Paper) with { Engine = engine });

    private static InMemoryImages Calibration()
    {
        var images = new Tensor(CalibrationImages, 3, 32, 32);
        for (int i = 0; i < CalibrationImages; i++)
            Images.Pixels.Slice(IndexOf(0, i), 1).Span.CopyTo(images.Slice(i, 1).Span);
        return new InMemoryImages(TestFiles.Normalize(images));
    }

    private static IEnumerable<ImageRow> Rows(int offset, int count) => Enumerable.Range(0, count).Select(i => new ImageRow
    {
        Pixels = Images.Pixels.Slice(IndexOf(offset, i), 1).Span.ToArray(),
        Class = Labels[Images.Labels[IndexOf(offset, i)]],
    });

    /// <summary>The images stand class by class, 100 of each: takes them from all classes in turn.</summary>
    private static int IndexOf(int offset, int i) => (i % 10 * 100) + (i / 10 * 2 % 100) + (offset % 2);

    private static float[] ToFloats(ReadOnlySpan<double> values) => [.. values.ToArray().Select(x => (float)x)];
}
