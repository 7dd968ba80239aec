using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.MLNet.Tests;

/// <summary>Classifiers out of other people's checkpoints.</summary>
public sealed class ForeignClassifierTests
{
    private static readonly string[] Five = ["a", "b", "c", "d", "e"];

    private readonly MLContext _context = new(1);

    [Theory]
    [InlineData("one-output-a.pt")]
    [InlineData("one-output-b.pt")]
    public void Transform_OneOutput_ScoresYesByItsSigmoid(string file)
    {
        ZipClassifier classifier = ZipClassifier.FromCheckpoint("a", Wild(file), ["other", "bird"]);
        byte[] bytes = File.ReadAllBytes(Wild("x32.bin"));
        var pixels = new float[bytes.Length / sizeof(float)];
        Buffer.BlockCopy(bytes, 0, pixels, 0, bytes.Length);
        IDataView images = _context.Data.LoadFromEnumerable(pixels.Chunk(pixels.Length / 2).Select(image => new Row { Pixels = image }));

        float[][] scores = [.. _context.Transforms.Zip("Pixels", classifier).Fit(images).Transform(images).GetColumn<float[]>("a.Score")];

        using var expected = JsonDocument.Parse(File.ReadAllText(Wild("expected.json")));
        JsonElement rows = expected.RootElement.GetProperty(file).GetProperty("output");
        for (int i = 0; i < 2; i++)
        {
            double yes = 1 / (1 + Math.Exp(-rows[i][0].GetDouble()));
            Assert.Equal(1 - yes, scores[i][0], 1e-4);
            Assert.Equal(yes, scores[i][1], 1e-4);
        }
    }

    [Fact]
    public void FromCheckpoint_OneOutputWithOneLabel_AsksForTwo()
    {
        string message = Assert.Throws<ArgumentException>(() => ZipClassifier.FromCheckpoint("a", Wild("one-output-a.pt"), ["bird"])).Message;
        Assert.Contains("one-output-a.pt", message);
        Assert.Contains("two labels", message);
    }

    [Fact]
    public void FromNetwork_TaskOfOneClass_IsRefused()
    {
        Network network = new(new Head("one", Samples.Tiny(1, 1).Heads[0].Node));
        Assert.Contains("always 1", Assert.Throws<ArgumentException>(() =>
            ZipClassifier.FromNetwork("a", network, [ClassificationTask.FromScores("one", ["x"])])).Message);
    }

    [Fact]
    public void FromNetwork_SigmoidBehindOneOutput_IsLeftOut()
    {
        Network network = Samples.Tiny(1, 1);
        Network probability = new(new Head("output", new Node("sigmoid", new Sigmoid(), network.Heads[0].Node)));

        ZipClassifier classifier = ZipClassifier.FromNetwork("a", probability, ["no", "yes"]);

        Linear split = Assert.IsType<Linear>(classifier.Network.Heads[0].Node.Layer);
        Assert.Equal([2, 4], split.Weight.Shape.ToArray());
        Assert.Equal([0, 0, 0, 0], split.Weight.Span[..4].ToArray());
        Assert.Equal(((Linear)network.Heads[0].Node.Layer).Weight.Span.ToArray(), split.Weight.Span[4..].ToArray());
    }

    [Fact]
    public void FromCheckpoint_NullLabel_NamesTaskAndPosition() => Assert.Contains(
        "Task 'a': label 2 of 5 is null",
        Assert.Throws<ArgumentException>(() => ZipClassifier.FromCheckpoint("a", Wild("option-a.pt"), ["a", null!, "c", "d", "e"])).Message);

    [Fact]
    public void FromCheckpoint_OptionsAndEntry_ReachTheNetwork()
    {
        ZipClassifier classifier = ZipClassifier.FromCheckpoint("a", Wild("stem3-maxpool.pt"), Five, imageSize: 32,
            options: new ArchitectureOptions { StemPooling = true });
        Assert.True(classifier.Network.Contains("maxpool"));
        Assert.Equal(Five, ZipClassifier.FromCheckpoint("a", Wild("wrapped-ema.pt"), Five, entry: "ema").Labels);
        Assert.Contains("'other'", Assert.Throws<InvalidDataException>(() => ZipClassifier.FromCheckpoint("a", Wild("wrapped-ema.pt"), Five, entry: "other"))
            .Message);
    }

    [Fact]
    public void Zip_DifferentArchitectures_NamesBoth()
    {
        ZipClassifier residual = ZipClassifier.FromCheckpoint("a", Wild("option-a.pt"), Five);
        ZipClassifier plain = ZipClassifier.FromCheckpoint("b", Wild("vgg-512-head.pt"), ["f", "g", "h", "i", "j"]);

        string message = Assert.ThrowsAny<ArgumentException>(() => _context.Transforms.Zip("Pixels", residual, plain)).Message;

        Assert.Contains("'a' is a ResNet-8", message);
        Assert.Contains("'b' a VGG-11", message);
    }

    /// <summary>Networks with shortcuts without weights, and grouped, squeezed, dense and depthwise ones, are merged like any other.</summary>
    [Theory]
    [InlineData("wild/option-a.pt", 5, 32)]
    [InlineData("zoo/pre-activation.pt", 4, 32)]
    [InlineData("zoo/wide-plain.pt", 4, 32)]
    [InlineData("zoo/densenet.pt", 4, 64)]
    [InlineData("zoo/squeezenet-1.1.pt", 4, 64)]
    [InlineData("zoo/mobilenetv2.pt", 4, 64)]
    public void Fit_NetworkWithItself_ScoresAsItDoes(string file, int classes, int size)
    {
        ZipClassifier Load(string name) => ZipClassifier.FromCheckpoint(
            name, TestFiles.InTestData($"checkpoints/{file}"), [.. Enumerable.Range(0, classes).Select(c => $"{name}{c}")], imageSize: size);
        var random = new Random(1);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema["Pixels"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 3, size, size);
        IDataView images = _context.Data.LoadFromEnumerable(
            Enumerable.Range(0, 12).Select(_ =>
                new Row { Pixels = [.. Enumerable.Range(0, 3 * size * size).Select(_ => (float)(4 * random.NextDouble() - 2))] }).ToArray(), schema);

        var options = new ZipEstimator.Options
        {
            Cut = ZipCut.AfterLayers(2),
            Method = ZipMethod.Paper,
            ResetBatchNorm = false,
            CalibrationCheck = CalibrationCheck.Skip, // weights are random
        };
        ZipTransformer zipped = _context.Transforms.Zip(options, Load("a"), Load("b")).Fit(images);

        float[][] alone = [.. _context.Transforms.Zip("Pixels", Load("a")).Fit(images).Transform(images).GetColumn<float[]>("a.Score")];
        float[][] both = [.. zipped.Transform(images).GetColumn<float[]>("b.Score")];
        Assert.All(alone.Zip(both), pair => Assert.All(pair.First.Zip(pair.Second), score => Assert.Equal(score.First, score.Second, 1e-3)));
    }

    private static string Wild(string file) => TestFiles.InTestData($"checkpoints/wild/{file}");

    private sealed class Row
    {
        [VectorType(3, 32, 32)]
        public float[] Pixels { get; set; } = [];
    }
}
