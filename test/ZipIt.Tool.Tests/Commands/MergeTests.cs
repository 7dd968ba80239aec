using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using ZipIt.MLNet;
using ZipIt.TestFramework;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Tests.Commands;

/// <summary><c>zipit merge</c> on the checkpoints of the quickstart, with few images.</summary>
public sealed class MergeTests : IClassFixture<MergeTests.MergedFiles>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("merge").FullName;
    private readonly MergedFiles _merged;

    public MergeTests(MergedFiles merged) => _merged = merged;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Merge_SampleCheckpoints_GivesWhatThePipelineGives()
    {
        var context = new MLContext(1);
        ZipClassifier[] classifiers = ClassifierList.Load(SampleData.Models);
        IEstimator<ITransformer> loading = context.Transforms.LoadImages("Image", "", "ImagePath")
            .Append(context.Transforms.ResizeImages("Image", 32, 32)).Append(context.Transforms.ExtractPixels("Pixels", "Image"));
        ITransformer pipeline = loading.Append(context.Transforms.Zip("Pixels", classifiers)).Fit(Rows(context, _merged.Calibration));
        ZipMetrics expected = context.MulticlassClassification.EvaluateZip(pipeline.Transform(Rows(context, _merged.Test)));

        JsonElement found = ToolRun.Good("evaluate", _merged.Zip, _merged.Onnx, "--images", _merged.Test, "--json").Json;

        Assert.Equal(2, found.GetArrayLength());
        foreach (JsonElement model in found.EnumerateArray())
        {
            Assert.Equal(expected.JointAccuracy, model.GetProperty("joint").GetDouble());
            Assert.Equal(expected.AverageAccuracy, model.GetProperty("average").GetDouble(), 1e-12);
            Assert.Equal(expected.Tasks.Select(task => task.Accuracy), model.GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("accuracy").GetDouble()));
            Assert.Equal(expected.ConfusionMatrix.Counts.Select(row => row.ToArray()),
                model.GetProperty("confusion").EnumerateArray().Select(row => row.EnumerateArray().Select(count => count.GetDouble()).ToArray()));
        }
    }

    [Fact]
    public void Merge_ModelZip_IsAPipelineOfMLNetFromPathsToScores()
    {
        var context = new MLContext(1);
        ITransformer model = context.Model.Load(_merged.Zip, out DataViewSchema schema);
        Assert.NotNull(schema.GetColumnOrNull("ImagePath"));
        float[][] scores = [.. model.Transform(Rows(context, _merged.Test)).GetColumn<float[]>("Score")];

        using var session = new InferenceSession(_merged.Onnx);
        Assert.Contains("models:", session.ModelMetadata.CustomMetadataMap[ModelFile.RecipeKey]);
        ImageSet images = ImageSet.Open(_merged.Test, null, isLabelled: true);
        var pixels = new Tool.Measuring.ImageTrial(new ToolSession(TextWriter.Null, TextWriter.Null, default), images, context).Read([3, 32, 32]);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(
            [NamedOnnxValue.CreateFromTensor("Pixels", new DenseTensor<float>(pixels.Span.ToArray(), pixels.Shape))], ["Score"]);
        float[] others = results.First().AsTensor<float>().ToArray();
        for (int i = 0; i < scores.Length; i++)
        {
            for (int c = 0; c < 10; c++)
                Assert.Equal(scores[i][c], others[10 * i + c], 1e-4f);
        }
    }

    [Fact]
    public void Merge_Report_SaysWhatWasMergedAndLost()
    {
        JsonElement result = _merged.Run.Json;
        Assert.Equal([_merged.Zip, _merged.Onnx, _merged.Weights], result.GetProperty("output").EnumerateArray().Select(path => path.GetString()!));
        Assert.Equal(10, result.GetProperty("labels").GetArrayLength());
        Assert.InRange(result.GetProperty("multiplyAdds").GetInt64(), 42_900_000, 43_200_000);
        Assert.Equal("everything", result.GetProperty("report").GetProperty("cut").GetString());
        Assert.InRange(result.GetProperty("loss").GetDouble(), 0, 1);
    }

    [Fact]
    public void Merge_RecipeOfAResult_GivesTheSameFile()
    {
        string first = Merge("first", "--method", "paper", "--cut", "13");
        string recipe = ToolRun.Good("inspect", first, "--recipe").Output;
        string path = Path.Combine(_folder, "recipe.yaml");
        File.WriteAllText(path, recipe);
        byte[] expected = File.ReadAllBytes(first);
        File.Delete(first);

        ToolRun.Good("merge", path, "--threads", "1");

        Assert.Equal(expected, File.ReadAllBytes(first));
    }

    [Fact]
    public void Evaluate_OwnFilesBesideACheckpoint_NeedLabelsOfTheCheckpointAlone()
    {
        JsonElement models = ToolRun.Good("evaluate", _merged.Onnx, TestFiles.ClassModel('b'), _merged.Zip, "--labels", SampleData.LabelsB, "--normalization", "cifar10",
            "--images", _merged.Test, "--json").Json;
        Assert.Equal([2, 1, 2], models.EnumerateArray().Select(model => model.GetProperty("tasks").GetArrayLength()));
        Assert.InRange(models[1].GetProperty("average").GetDouble(), 0.7, 1);
        ToolRun.Of("evaluate", _merged.Onnx, "--labels", SampleData.LabelsB, "--images", _merged.Test).ExpectFailure(ExitCode.BadInput, "needs no labels");
    }

    [Fact]
    public void Merge_ZippedModelsAgain_KeepTheirLabels()
    {
        string model = Merge("other", "--method", "paper", "--cut", "13", "--tasks", "x", "--tasks", "y");
        JsonElement outputs = ToolRun.Good("inspect", model, "--json").Json[0].GetProperty("outputs");
        Assert.Equal(["x", "y"], outputs.EnumerateArray().Select(output => output.GetProperty("name").GetString()!));
        ToolRun.Of("merge", model, _merged.Zip, "--calibration", _merged.Calibration, "-o", Path.Combine(_folder, "again.onnx"))
            .ExpectFailure(ExitCode.BadInput, "class 'airplane'", "allow --shared-labels");
    }

    [Theory]
    [InlineData("--budget", "1.4", 55e6, 60.2e6)]
    [InlineData("--max-loss", "0.9", 42.9e6, 43.2e6)]
    public void Merge_Limit_FindsTheCut(string option, string value, double least, double most)
    {
        ToolRun run = ToolRun.Good([.. Arguments(Path.Combine(_folder, "zipped.onnx")), option, value, "--json"]);
        Assert.InRange(run.Json.GetProperty("multiplyAdds").GetDouble(), least, most);
        Assert.InRange(run.Json.GetProperty("loss").GetDouble(), 0, 0.9);
    }

    [Fact]
    public void Merge_InputOfPixels_IsWhatTheModelTakes()
    {
        string path = Path.Combine(_folder, "zipped.zip");
        ToolRun.Good([.. Arguments(path), "--input", "pixels"]);
        new MLContext(1).Model.Load(path, out DataViewSchema schema);
        Assert.Equal("Pixels", Assert.Single(schema).Name);
    }

    [Fact]
    public void Merge_InputOfImages_IsWhatTheModelTakes()
    {
        string path = Path.Combine(_folder, "zipped.zip");
        ToolRun.Good([.. Arguments(path), "--input", "image"]);
        var context = new MLContext(1);
        ITransformer model = context.Model.Load(path, out _);
        IDataView rows = context.Data.LoadFromEnumerable([new LoadedImage { Image = MLImage.CreateFromFile(SampleData.Image("frog")) }]);
        Assert.Equal(10, Assert.Single(model.Transform(rows).GetColumn<float[]>("Score")).Length);
    }

    [Fact]
    public void Merge_ExistingFileAndFullDisk_KeepsItAndSaysWhy()
    {
        string path = Path.Combine(_folder, "zipped.onnx");
        File.WriteAllText(path, "old");
        ToolRun run = ToolRun.In(stream => new FullStream(stream, 1000), default, Arguments(path));
        Assert.Equal(ExitCode.BadOutput, run.Code);
        Assert.Contains($"error: '{path}' cannot be written: {FullStream.Message}", run.Error);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Merge_CancelledWhileWriting_LeavesNoFile()
    {
        using var cancellation = new CancellationTokenSource();
        ToolRun run = ToolRun.In(stream =>
        {
            cancellation.Cancel();
            return stream;
        }, cancellation.Token, Arguments(Path.Combine(_folder, "zipped.onnx")));
        Assert.Equal(ExitCode.Cancelled, run.Code);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Merge_CancelledBefore_EndsAtOnce()
    {
        ToolRun run = ToolRun.In(stream => stream, new CancellationToken(canceled: true), Arguments(Path.Combine(_folder, "zipped.zip")));
        Assert.Equal(ExitCode.Cancelled, run.Code);
        Assert.EndsWith("error: cancelled; nothing was written.\n", run.Error.ReplaceLineEndings("\n"));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Merge_UnreadableImage_IsNamed()
    {
        string images = SampleData.CopyImages(_folder, "calibration", 1);
        string broken = Path.Combine(images, "frog", "broken.png");
        File.WriteAllText(broken, "no image");
        ToolRun run = ToolRun.Of("merge", SampleData.Models, "--calibration", images, "--method", "paper", "-o", Path.Combine(_folder, "z.onnx"), "--quiet");
        run.ExpectFailure(ExitCode.BadInput, broken, "cannot be decoded");
        Assert.False(File.Exists(Path.Combine(_folder, "z.onnx")));
    }

    [Theory]
    [InlineData(ExitCode.BadUsage, "nothing to write", "A.pt", "B.pt", "--calibration", "IMAGES")]
    [InlineData(ExitCode.BadUsage, "--calibration", "A.pt", "B.pt", "-o", "z.onnx")]
    [InlineData(ExitCode.BadUsage, "two or more models", "A.pt", "--calibration", "IMAGES", "-o", "z.onnx")]
    [InlineData(ExitCode.BadUsage, "no method 'bets'; did you mean 'best'?", "MODELS", "--calibration", "IMAGES", "-o", "z.onnx", "--method", "bets")]
    [InlineData(ExitCode.BadUsage, "no matcher 'zap'", "MODELS", "--calibration", "IMAGES", "-o", "z.onnx", "--method", "paper+zap")]
    [InlineData(ExitCode.BadUsage, "'alpha' takes 0 … 1", "MODELS", "--calibration", "IMAGES", "-o", "z.onnx", "--method", "paper+zip:alpha=7")]
    [InlineData(ExitCode.BadUsage, "no cut 'half'", "MODELS", "--calibration", "IMAGES", "-o", "z.onnx", "--cut", "half")]
    [InlineData(ExitCode.BadUsage, "--cut or --budget", "MODELS", "--calibration", "IMAGES", "-o", "z.onnx", "--cut", "13", "--budget", "1.2")]
    [InlineData(ExitCode.BadUsage, "'much'", "MODELS", "--calibration", "IMAGES", "-o", "z.onnx", "--budget", "much")]
    [InlineData(ExitCode.BadUsage, "--max-loss takes a share", "MODELS", "--calibration", "IMAGES", "-o", "z.onnx", "--max-loss", "2")]
    [InlineData(ExitCode.BadUsage, "no normalization 'imagnet'; did you mean 'imagenet'?", "A.pt", "B.pt", "--calibration", "IMAGES", "-o", "z.onnx", "--normalization", "imagnet")]
    [InlineData(ExitCode.BadUsage, "--labels is given 1 time for 2 models", "A.pt", "B.pt", "--calibration", "IMAGES", "-o", "z.onnx", "--labels", "a,b")]
    [InlineData(ExitCode.BadUsage, ".onnx or .zip", "MODELS", "--calibration", "IMAGES", "-o", "z.pt")]
    [InlineData(ExitCode.BadUsage, "no option '--metod'; did you mean '--method'?", "MODELS", "--metod", "best")]
    [InlineData(ExitCode.BadOutput, "no folder", "MODELS", "--calibration", "IMAGES", "-o", "no-such-folder/z.onnx")]
    [InlineData(ExitCode.BadInput, "no folder or file 'no-such-images'", "MODELS", "--calibration", "no-such-images", "-o", "z.onnx")]
    [InlineData(ExitCode.BadInput, "no model 'no-such.pt'", "no-such.pt", "A.pt", "--labels", "a,b", "--labels", "c,d", "--calibration", "IMAGES", "-o", "z.onnx")]
    [InlineData(ExitCode.BadInput, "are not known: give their labels", "A.pt", "B.pt", "--calibration", "IMAGES", "-o", "z.onnx")]
    [InlineData(ExitCode.BadInput, "A.pt", "A.pt", "B.pt", "--labels", "a,b", "--labels", "c,d", "--calibration", "IMAGES", "-o", "z.onnx")]
    [InlineData(ExitCode.BadInput, "no file 'no-such.txt' of labels", "A.pt", "B.pt", "--labels", "no-such.txt", "--labels", "c,d", "--calibration", "IMAGES", "-o", "z.onnx")]
    [InlineData(ExitCode.BadInput, "nowhere", "MODELS", "--calibration", "IMAGES", "-o", "z.onnx", "--cut", "node:nowhere")]
    [InlineData(ExitCode.BadInput, "no recipe 'no-such.yaml'", "no-such.yaml")]
    public void Merge_Mistake_IsToldInASentence(int code, string words, params string[] arguments)
    {
        string[] all = ["merge", .. arguments.Select(argument => argument switch
        {
            "MODELS" => SampleData.Models,
            "IMAGES" => _merged.Calibration,
            "A.pt" => TestFiles.ClassModel('a'),
            "B.pt" => TestFiles.ClassModel('b'),
            "z.onnx" => Path.Combine(_folder, "z.onnx"),
            _ => argument,
        })];
        string expected = words == "A.pt" ? TestFiles.ClassModel('a') : words;
        ToolRun.Of([.. all, "--quiet"]).ExpectFailure(code, expected);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Merge_PixelsInAnotherRange_AreRefusedWithTheLikelyCause()
    {
        ToolRun run = ToolRun.Of("merge", TestFiles.ClassModel('a'), TestFiles.ClassModel('b'), "--labels", SampleData.LabelsA, "--labels", SampleData.LabelsB,
            "--calibration", SampleData.Images, "-o", Path.Combine(_folder, "z.onnx"), "--method", "averaging", "--quiet");
        run.ExpectFailure(ExitCode.BadInput, "cannot be what", "normalization", "say --calibration-check warn");
    }

    private string Merge(string name, params string[] more)
    {
        string path = Path.Combine(_folder, $"{name}.onnx");
        ToolRun.Good(["merge", TestFiles.ClassModel('a'), TestFiles.ClassModel('b'), "--labels", SampleData.LabelsA, "--labels", SampleData.LabelsB,
            "--normalization", "cifar10", "--calibration", _merged.Calibration, "-o", path, "--quiet", .. more]);
        return path;
    }

    private string[] Arguments(string path) => ["merge", SampleData.Models, "--calibration", _merged.Calibration, "--method", "averaging", "-o", path];

    private static IDataView Rows(MLContext context, string folder) => context.Data.LoadFromEnumerable(
        from label in Directory.GetDirectories(folder).Order(StringComparer.Ordinal)
        from file in Directory.GetFiles(label).Order(StringComparer.Ordinal)
        select new Row { ImagePath = file, Label = Path.GetFileName(label) });

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }

    /// <summary>The two checkpoints, merged once by the default method.</summary>
    public sealed class MergedFiles : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("merged").FullName;

        public MergedFiles()
        {
            (Calibration, Test) = (SampleData.CopyImages(_folder, "calibration", 4), SampleData.CopyImages(_folder, "test", 5));
            (Zip, Onnx, Weights) = (Path.Combine(_folder, "zipped.zip"), Path.Combine(_folder, "zipped.onnx"), Path.Combine(_folder, "zipped.safetensors"));
            Run = ToolRun.Good("merge", SampleData.Models, "--calibration", Calibration, "-o", Zip, "-o", Onnx, "-o", Weights, "--json");
        }

        /// <summary>Folder of 40 calibration images.</summary>
        public string Calibration { get; }

        /// <summary>Folder of 50 test images.</summary>
        public string Test { get; }

        /// <summary>The model zip.</summary>
        public string Zip { get; }

        /// <summary>The ONNX file.</summary>
        public string Onnx { get; }

        /// <summary>The weights.</summary>
        public string Weights { get; }

        /// <summary>What the command said.</summary>
        internal ToolRun Run { get; }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
