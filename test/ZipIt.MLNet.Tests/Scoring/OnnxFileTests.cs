using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Onnx;

namespace ZipIt.MLNet.Tests;

/// <summary>Zipped models as ONNX files: alone, and as a part of ML.NET's own export of a pipeline.</summary>
public sealed class OnnxFileTests : IDisposable
{
    private const int Rows = 12;
    private const double Tolerance = 1e-4;

    private readonly MLContext _context = new(1);
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");

    public void Dispose() => File.Delete(_path);

    public static TheoryData<string> Models =>
        ["prototypes", "prototypes apart", "scores", "mixed", "reference", "cosine", "calibrated", "calibrated mixed", "single", "shared", "calibrated shared"];

    [Theory]
    [MemberData(nameof(Models))]
    public void ToOnnx_AnyScoring_GivesTheScoresOfTransform(string kind)
    {
        ZipTransformer model = Make(kind);
        IDataView data = Samples.View(_context, Rows);
        IDataView scored = model.Transform(data);
        model.ToOnnx(_path);

        string[] columns = [.. ScoreColumns(model)];
        IDataView applied = _context.Transforms.ApplyOnnxModel(columns, ["Pixels"], _path).Fit(data).Transform(data);
        foreach (string column in columns)
            AssertNear(Read(scored, column), Read(applied, column));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void ToOnnx_ReadBack_GivesTheSameNetworkAndLabels(string kind)
    {
        ZipTransformer model = Make(kind);
        using var file = new MemoryStream();
        model.ToOnnx(file);
        file.Position = 0;

        OnnxNetwork loaded = OnnxNetwork.Load(file, "zipped.onnx");

        Assert.Equal(ToBytes(model.Network), ToBytes(loaded.Network));
        Assert.Equal(model.Tasks.Select(task => task.Name), loaded.Tasks.Select(task => task.Head));
        Assert.Equal(model.Tasks.Select(task => task.Labels), loaded.Tasks.Select(task => task.Labels));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void ToOnnx_ReadBack_GivesTheSameScores(string kind)
    {
        ZipTransformer model = Make(kind);
        model.ToOnnx(_path);

        ZipTransformer loaded = ScoredModelFile.Find(_context, OnnxNetwork.Load(_path))!;

        Assert.Equal((model.JointScoring, model.SharedLabels, model.InputColumnName), (loaded.JointScoring, loaded.SharedLabels, loaded.InputColumnName));
        IDataView data = Samples.View(_context, Rows);
        string column = $"{model.OutputColumnNamePrefix}Score";
        Assert.Equal(Read(model.Transform(data), column), Read(loaded.Transform(data), column));
    }

    [Fact]
    public void ToOnnx_Metadata_AreStoredBesideItsOwn()
    {
        Samples.Zipped.ToOnnx(_path, new Dictionary<string, string> { ["author"] = "me" });
        OnnxNetwork loaded = OnnxNetwork.Load(_path);
        Assert.Equal("me", loaded.Metadata["author"]);
        Assert.NotEmpty(loaded.Tasks);
        Assert.Throws<ArgumentException>(() => Samples.Zipped.ToOnnx(_path, new Dictionary<string, string> { ["zipit.tasks"] = "mine" }));
    }

    [Fact]
    public void Find_OtherOrDamagedFile_IsToldApart()
    {
        OnnxNetwork.Save(Samples.Zipped.Network, _path);
        Assert.Null(ScoredModelFile.Find(_context, OnnxNetwork.Load(_path)));
        OnnxNetwork.Save(Samples.Zipped.Network, _path, new OnnxExportOptions { Metadata = new Dictionary<string, string> { ["zipit.model"] = "AAAA" } });
        Assert.Throws<FormatException>(() => ScoredModelFile.Find(_context, OnnxNetwork.Load(_path)));
    }

    [Fact]
    public void ToOnnx_SameModelTwice_GivesTheSameBytes()
    {
        using MemoryStream first = new(), second = new();
        Samples.Zipped.ToOnnx(first);
        Samples.Zipped.ToOnnx(second);
        Assert.Equal(first.ToArray(), second.ToArray());
    }

    [Fact]
    public void ToOnnx_PixelsCalledLikeAScore_IsRefused()
    {
        ZipTransformer model = _context.Transforms.Zip("Score", Samples.AnimalClassifier)
            .Fit(_context.Transforms.CopyColumns("Score", "Pixels").Fit(Samples.View(_context, 2)).Transform(Samples.View(_context, 2)));
        Assert.Contains("both called 'Score'", Assert.Throws<InvalidOperationException>(() => model.ToOnnx(_path)).Message);
        Assert.False(File.Exists(_path));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void ConvertToOnnx_ZippedModel_GivesTheColumnsOfTransform(string kind)
    {
        ZipTransformer model = Make(kind);
        IDataView data = Samples.View(_context, Rows);

        IDataView applied = Export(model, data);

        AssertSame(model, data, applied);
        VBuffer<ReadOnlyMemory<char>> names = default;
        applied.Schema[$"{model.OutputColumnNamePrefix}Score"].GetSlotNames(ref names);
        Assert.Equal(model.Labels, names.DenseValues().Select(name => name.ToString()));
    }

    [Fact]
    public void ConvertToOnnx_PipelineWithZips_GivesTheColumnsOfTransform()
    {
        IDataView data = Samples.View(_context, 20);
        var second = new ZipEstimator.Options { InputColumnName = "Copy", OutputColumnNamePrefix = "Again.", Method = ZipMethod.Paper };
        ITransformer model = _context.Transforms.CopyColumns("Copy", "Pixels")
            .Append(_context.Transforms.Zip("Copy", Samples.AnimalClassifier, Samples.VehicleClassifier))
            .Append(_context.Transforms.CopyColumns("zip/images", "Pixels"))
            .Append(_context.Transforms.Zip(second, Samples.WithScores("birds", 3, ["owl", "duck"]),
                Samples.WithScores("boats", 4, ["kayak", "ferry", "raft"])))
            .Append(_context.Transforms.Conversion.MapKeyToValue("Name", "animals.PredictedLabel"))
            .Append(_context.Transforms.CopyColumns("ScoreCopy", "Score"))
            .Fit(data);

        IDataView applied = Export(model, data);

        AssertSame(model, data, applied);
        Assert.Equal(
            [.. model.Transform(data).GetColumn<string>("Name")],
            applied.GetColumn<ReadOnlyMemory<char>[]>("Name").Select(name => name[0].ToString()));
    }

    [Fact]
    public void ConvertToOnnx_LoadedModel_GivesTheColumnsOfTransform()
    {
        IDataView data = Samples.View(_context, Rows);
        using var stream = new MemoryStream();
        _context.Model.Save(Samples.Zipped, data.Schema, stream);
        stream.Position = 0;
        ITransformer model = new MLContext(2).Model.Load(stream, out _);

        AssertSame(model, data, Export(model, data));
    }

    [Fact]
    public void ConvertToOnnx_OlderVersionOfTheOperators_IsRefused()
    {
        IDataView data = Samples.View(_context, Rows);
        using var stream = new MemoryStream();
        Exception failure = Assert.ThrowsAny<Exception>(() => _context.Model.ConvertToOnnx(Samples.Zipped, data, 10, stream));
        Assert.Contains("11", failure.Message);
        Assert.Equal(0, stream.Length);
    }

    /// <summary>ML.NET has no ONNX operators for images.</summary>
    [Fact]
    public void ConvertToOnnx_PipelineFromImageFiles_SaysWhatToDo()
    {
        IDataView paths = _context.Data.LoadFromEnumerable([new { Path = "missing.png" }]);
        ITransformer model = _context.Transforms.LoadImages("Image", "", "Path")
            .Append(_context.Transforms.ResizeImages("Image", 8, 8))
            .Append(_context.Transforms.ExtractPixels("Pixels", "Image"))
            .Append(_context.Transforms.Zip("Pixels", Samples.AnimalClassifier)).Fit(paths);
        using var stream = new MemoryStream();

        Assert.Contains("ToOnnx", Assert.Throws<InvalidOperationException>(() => _context.Model.ConvertToOnnx(model, paths, stream)).Message);
        Assert.Equal(0, stream.Length);
    }

    private ZipTransformer Make(string kind)
    {
        ZipClassifier[] prototypes = [Samples.AnimalClassifier, Samples.VehicleClassifier];
        ZipClassifier[] scores = [Samples.WithScores("birds", 3, ["owl", "duck"]), Samples.WithScores("boats", 4, ["kayak", "ferry", "raft"])];
        (ZipEstimator.Options options, ZipClassifier[] classifiers) = kind switch
        {
            "prototypes" => (new ZipEstimator.Options { Method = ZipMethod.Paper }, prototypes),
            "prototypes apart" => (new ZipEstimator.Options { Cut = ZipCut.BeforeHeads, Method = ZipMethod.Paper, OutputColumnNamePrefix = "My." }, prototypes),
            "scores" => (new ZipEstimator.Options { Method = ZipMethod.Paper }, scores),
            "mixed" =>
                (new ZipEstimator.Options { Cut = ZipCut.AfterLayers(3), Method = ZipMethod.Paper },
                (ZipClassifier[])[prototypes[0], scores[1], prototypes[1]]),
            "reference" => (new ZipEstimator.Options { JointScoring = JointScoring.Reference, Method = ZipMethod.Paper }, prototypes),
            "cosine" => (new ZipEstimator.Options { JointScoring = JointScoring.Cosine, Method = ZipMethod.Paper }, prototypes),
            "calibrated" => (new ZipEstimator.Options(), prototypes),
            "calibrated mixed" => (new ZipEstimator.Options { Cut = ZipCut.AfterLayers(3) }, (ZipClassifier[])[prototypes[0], scores[1], prototypes[1]]),
            "shared" => (new ZipEstimator.Options { SharedLabels = true, Method = ZipMethod.Paper },
            [scores[0], Samples.WithScores("again", 5, ["duck", "other", "owl"])]),
            "calibrated shared" => (new ZipEstimator.Options { SharedLabels = true, Cut = ZipCut.AfterLayers(3) },
            [scores[0], Samples.WithScores("again", 5, ["duck", "other", "owl"])]),
            _ => (new ZipEstimator.Options(), (ZipClassifier[])[scores[0]]),
        };
        return _context.Transforms.Zip(options, classifiers).Fit(Samples.View(_context, 20));
    }

    /// <summary>The outputs of the exported file, as ML.NET's own transform reads it.</summary>
    private IDataView Export(ITransformer model, IDataView data)
    {
        using (FileStream stream = File.Create(_path))
            _context.Model.ConvertToOnnx(model, data, stream);
        return _context.Transforms.ApplyOnnxModel(_path).Fit(data).Transform(data);
    }

    private static void AssertSame(ITransformer model, IDataView data, IDataView applied)
    {
        IDataView scored = model.Transform(data);
        foreach (DataViewSchema.Column column in scored.Schema.Where(column => !column.IsHidden))
        {
            if (column.Name.EndsWith("Score", StringComparison.Ordinal))
                AssertNear(Read(scored, column.Name), Read(applied, column.Name));
            else if (column.Name.EndsWith("PredictedLabel", StringComparison.Ordinal))
                Assert.Equal(scored.GetColumn<uint>(column.Name), applied.GetColumn<uint[]>(column.Name).Select(key => key[0]));
            else
                Assert.NotNull(applied.Schema.GetColumnOrNull(column.Name));
        }
    }

    private static IEnumerable<string> ScoreColumns(ZipTransformer model) =>
        model.Tasks.Select(task => $"{model.OutputColumnNamePrefix}{task.Name}.Score").Prepend($"{model.OutputColumnNamePrefix}Score");

    private static float[][] Read(IDataView view, string column) => [.. view.GetColumn<float[]>(column)];

    private static void AssertNear(float[][] expected, float[][] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Length, found[i].Length);
            for (int c = 0; c < expected[i].Length; c++)
                Assert.InRange(found[i][c] - expected[i][c], -Tolerance, Tolerance);
        }
    }

    private static byte[] ToBytes(Network network)
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(network, stream);
        return stream.ToArray();
    }
}
