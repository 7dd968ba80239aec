using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Merging;
using ZipIt.TestFramework;

namespace ZipIt.MLNet.Tests;

/// <summary>The real checkpoints and images of the quickstart, from image files to predictions.</summary>
public sealed class EndToEndTests : IDisposable
{
    private static readonly string[] AnimalsAndMore = ["airplane", "bird", "deer", "frog", "ship"];
    private static readonly string[] Others = ["automobile", "cat", "dog", "horse", "truck"];
    private static readonly string Data = Path.Combine(TestFiles.Root, "samples", "Quickstart", "data");

    private readonly string _folder = Directory.CreateTempSubdirectory("zip").FullName;
    private readonly MLContext _context = new(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Pipeline_RealCheckpoints_ZipsScoresSavesAndPredicts()
    {
        ZipClassifier a = Load('a', AnimalsAndMore, [0, 2, 4, 6, 8]), b = Load('b', Others, [1, 3, 5, 7, 9]);
        IDataView calibration = _context.Data.LoadFromEnumerable(ListImages("calibration", 20));
        ImageFile[] tests = ListImages("test", 20);
        IDataView test = _context.Data.LoadFromEnumerable(tests);
        var options = new ZipEstimator.Options { Cut = ZipCut.AfterLayers(13), Alpha = 0.1, Beta = 0.8 };

        ITransformer alone = ReadPixels().Append(_context.Transforms.Zip("Pixels", a)).Fit(calibration);
        ITransformer zipped = ReadPixels().Append(_context.Transforms.Zip(options, a, b)).Fit(calibration);

        ImageFile[] own = [.. tests.Where(image => AnimalsAndMore.Contains(image.Class))];
        ImageScore[] single = Read(alone.Transform(_context.Data.LoadFromEnumerable(own)));
        double accuracy = single.Zip(own).Count(pair => AnimalsAndMore[pair.First.PredictedLabel - 1] == pair.Second.Class) / (double)own.Length;
        Assert.True(accuracy > 0.85, $"The classifier alone reaches {accuracy:P1} on its task.");

        ImageScore[] scores = Read(zipped.Transform(test));
        string[] labels = [.. AnimalsAndMore, .. Others];
        double joint = scores.Zip(tests).Count(pair => labels[pair.First.PredictedLabel - 1] == pair.Second.Class) / (double)tests.Length;
        Assert.True(joint > 0.5, $"The zipped model reaches {joint:P1} over all classes.");

        var random = new Random(4);
        IDataView inAnotherOrder = _context.Data.LoadFromEnumerable(tests.OrderBy(_ => random.Next()));
        Dictionary<string, float[]> byPath = _context.Data.CreateEnumerable<ScoredFile>(zipped.Transform(inAnotherOrder), reuseRowObject: false)
            .ToDictionary(row => row.Path!, row => row.Score!);
        Assert.All(scores.Zip(tests), pair => Assert.Equal(pair.First.Score, byPath[pair.Second.Path!]));

        string path = Path.Combine(_folder, "zipped.zip");
        _context.Model.Save(zipped, test.Schema, path);
        ITransformer loaded = new MLContext().Model.Load(path, out _);
        Assert.Equal(scores.Select(row => row.Score), Read(loaded.Transform(test)).Select(row => row.Score));

        using PredictionEngine<ImageFile, ImageScore> engine = new MLContext().Model.CreatePredictionEngine<ImageFile, ImageScore>(loaded);
        for (int i = 0; i < 10; i++)
            Assert.Equal(scores[i].Score, engine.Predict(tests[i]).Score);
    }

    private EstimatorChain<Microsoft.ML.Transforms.Image.ImagePixelExtractingTransformer> ReadPixels() =>
        _context.Transforms.LoadImages("Image", Data, "Path")
            .Append(_context.Transforms.ResizeImages("Image", 32, 32))
            .Append(_context.Transforms.ExtractPixels("Pixels", "Image"));

    private static ZipClassifier Load(char task, string[] labels, int[] rows) => ZipClassifier.FromCheckpoint(
        $"task {task}", TestFiles.PrototypeModel(task), labels,
        ClassPrototypes.Load(Path.Combine(Data, "models", "prototypes.safetensors"), 30, rows), TestFiles.CifarNormalization);

    private ImageScore[] Read(IDataView scored) => [.. _context.Data.CreateEnumerable<ImageScore>(scored, reuseRowObject: false)];

    /// <summary>The first images of every class.</summary>
    private static ImageFile[] ListImages(string set, int perClass) =>
    [
        .. Directory.GetDirectories(Path.Combine(Data, "images", set)).Order(StringComparer.Ordinal)
            .SelectMany(folder => Directory.GetFiles(folder, "*.png").Order(StringComparer.Ordinal).Take(perClass))
            .Select(file => new ImageFile { Path = Path.GetRelativePath(Data, file), Class = Path.GetFileName(Path.GetDirectoryName(file)) }),
    ];

    private sealed class ImageFile
    {
        public string? Path { get; set; }

        public string? Class { get; set; }
    }

    private sealed class ScoredFile
    {
        public string? Path { get; set; }

        public float[]? Score { get; set; }
    }

    private sealed class ImageScore
    {
        public uint PredictedLabel { get; set; }

        public float[]? Score { get; set; }
    }
}
