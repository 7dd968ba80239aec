using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using ZipIt.MLNet;
using ZipIt.MLNet.Tests;
using ZipIt.Networks;

namespace ZipIt.TorchSharp.Tests.Training;

/// <summary>Trains small networks to tell the colours of small images.</summary>
public sealed class ImageClassifierTrainerTests
{
    private static readonly string[] Colors = ["red", "green", "blue"];

    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void Fit_ColouredImages_LearnsThemAndTellsHow()
    {
        var messages = new Messages();
        messages.Listen(_context);
        ZipTransformer model = Train(options => options.Progress = messages);

        Assert.True(Accuracy(model) > 0.95, $"accuracy {Accuracy(model):P0}");
        Assert.Equal(Colors, model.Labels);
        Assert.Equal([1, 2, 3], messages.Epochs.Select(report => report.Epoch));
        Assert.All(messages.Epochs, report => Assert.Equal(96, report.Images));
        Assert.True(messages.Epochs.Last().Loss < messages.Epochs.First().Loss);
        Assert.Contains(messages.Log, line => line.Contains("Training ResNet-8×1 on 96 images of 3 classes, on cpu.", StringComparison.Ordinal));
        Assert.Contains(messages.Log, line => line.Contains("Epoch 3 of 3: 96 of 96 images, loss", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_SameSeed_GivesTheSameWeights()
    {
        byte[] first = ToBytes(Train().Network);
        Assert.Equal(first, ToBytes(Train().Network));
        Assert.NotEqual(first, ToBytes(Train(options => options.Seed = 2).Network));
    }

    [Fact]
    public void SaveAndLoad_TrainedModel_PredictsTheSame()
    {
        ZipTransformer model = Train();
        IDataView test = View(20, 5);
        using var stream = new MemoryStream();
        _context.Model.Save(model, test.Schema, stream);
        stream.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(stream, out _);
        Assert.Equal(Scores(model, test), Scores(loaded, test));
    }

    [Fact]
    public void GetOutputSchema_PromisesWhatTheTransformerGives()
    {
        ImageClassifierTrainer trainer = _context.MulticlassClassification.Trainers.ImageClassifier(CreateOptions());
        IDataView input = Prepare(View(12));
        SchemaShape promised = trainer.GetOutputSchema(ShapeCapture.Of(input));
        SchemaShape delivered = ShapeCapture.Of(trainer.Fit(input).Transform(input));
        Assert.Equal(delivered.Select(Describe).Order(), promised.Select(Describe).Order());

        static string Describe(SchemaShape.Column column) => $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey}";
    }

    [Fact]
    public void Fit_InitialModel_GoesOnFromThere()
    {
        ZipTransformer model = Train();
        var messages = new Messages();
        ZipTransformer further = Trainer(options => (options.Progress, options.Epochs, options.Schedule) = (messages, 1, LearningRateSchedule.Constant))
            .Fit(Prepare(View(96)), model);
        Assert.True(messages.Epochs.Single().Accuracy > 0.9, $"{messages.Epochs.Single()}");
        Assert.NotEqual(ToBytes(model.Network), ToBytes(further.Network));
    }

    [Fact]
    public void Fit_InitialModelOfOtherClasses_SaysSo()
    {
        ZipTransformer model = Train();
        IDataView other = _context.Transforms.Conversion.MapLabelToKey("Label", ["blue", "red", "green"], "Color").Fit(View(12)).Transform(View(12));
        var refused = Assert.Throws<ArgumentException>(() => Trainer().Fit(other, model));
        Assert.Contains("MapLabelToKey", refused.Message);
    }

    [Fact]
    public void Fit_ValidationSet_IsMeasuredAndEndsTheTraining()
    {
        var messages = new Messages();
        ZipTransformer model = Train(options =>
        {
            (options.Progress, options.Epochs) = (messages, 30);
            (options.ValidationSet, options.EarlyStoppingPatience) = (Prepare(View(30, 9)), 2);
        });
        Assert.InRange(messages.Epochs.Count(), 3, 29);
        double best = messages.Epochs.Max(report => report.ValidationAccuracy!.Value);
        Assert.Equal(best, _context.MulticlassClassification.EvaluateZip(model.Transform(View(30, 9)), labelColumnName: "Color").JointAccuracy, 1e-6);
    }

    [Fact]
    public void Fit_Canceled_EndsBetweenTwoBatches()
    {
        using var source = new CancellationTokenSource();
        var messages = new Messages { OnReport = _ => source.Cancel() };
        Assert.Throws<OperationCanceledException>(() => Train(options => (options.Progress, options.CancellationToken) = (messages, source.Token)));
        Assert.Single(messages.Reports);
    }

    [Fact]
    public void Fit_Prototypes_TrainsAnEmbedding()
    {
        var vectors = new ZipIt.Networks.Tensor(3, 4);
        (vectors.Span[0], vectors.Span[5], vectors.Span[10]) = (1, 1, 1);
        ZipTransformer model = Train(options => (options.Prototypes, options.Epochs) = (new ClassPrototypes(vectors, 10), 8));
        Assert.Equal(4, model.Network.ShapeOf(model.Network.Heads[0].Node)[0]);
        Assert.True(Accuracy(model) > 0.95, $"accuracy {Accuracy(model):P0}");
    }

    [Fact]
    public void Fit_TwoClassifiers_CanBeZipped()
    {
        ZipClassifier first = ZipClassifier.FromTransformer("first", Train(options => options.TaskName = "first"));
        var rows = View(96);
        IDataView renamed = _context.Transforms.Conversion.MapValueToKey("Label", "Color",
            keyData: _context.Data.LoadFromEnumerable(Colors.Select(color => new ColorKey { Color = color })))
            .Append(_context.Transforms.Conversion.MapKeyToValue("Name", "Label"))
            .Fit(rows).Transform(rows);
        IDataView dark = _context.Transforms.CustomMapping<Named, Renamed>((input, output) => output.Dark = $"dark {input.Name}", null)
            .Append(_context.Transforms.Conversion.MapValueToKey("Label", "Dark")).Fit(renamed).Transform(renamed);
        ZipClassifier second = ZipClassifier.FromTransformer("second", Trainer(options => (options.TaskName, options.Seed) = ("second", 2)).Fit(dark));
        ZipTransformer zipped = _context.Transforms.Zip("Pixels", first, second).Fit(rows);
        Assert.Equal(6, zipped.Labels.Count);
        Assert.Equal(Colors, zipped.Tasks[0].Labels);
    }

    [Fact]
    public void Fit_LeavesNoTensorsAlive()
    {
        Train();
        long before = LiveTensors.CountAfterCollection();
        ZipTransformer model = Train();

        // TorchSharp counts a tensor that becomes a parameter twice, and takes it off once.
        using var module = new NetworkModule(model.Network);
        Assert.Equal(before + module.parameters().Count(), torch.Tensor.TotalCount - CountOf(module));

        static long CountOf(NetworkModule module) => module.state_dict().Count + module.parameters().Count();
    }

    [Fact]
    public void ImageClassifier_OptionOutOfRange_NamesIt()
    {
        Refuse(nameof(ImageClassifierTrainer.Options.Epochs), options => options.Epochs = 0);
        Refuse(nameof(ImageClassifierTrainer.Options.BatchSize), options => options.BatchSize = 1);
        Refuse(nameof(ImageClassifierTrainer.Options.LearningRate), options => options.LearningRate = double.NaN);
        Refuse(nameof(ImageClassifierTrainer.Options.LabelSmoothing), options => options.LabelSmoothing = 1);
        Refuse(nameof(ImageClassifierTrainer.Options.EarlyStoppingPatience), options => options.EarlyStoppingPatience = 3);

        void Refuse(string name, Action<ImageClassifierTrainer.Options> change) =>
            Assert.Equal(name, Assert.ThrowsAny<ArgumentException>(() => Trainer(change)).ParamName);
    }

    [Fact]
    public void Vgg_Channels_AreThoseOfTheFirstLayer()
    {
        Network narrow = ImageArchitecture.Vgg(11, channels: 8).Create(1, 3, new Size2(32, 32), 5, ChannelAffine.FromNormalization([0, 0, 0], [1, 1, 1]), "narrow");
        Assert.Equal([8, 16, 32, 32, 64, 64, 64, 64], narrow.Nodes.Select(node => node.Layer).OfType<Conv2d>().Select(layer => layer.OutputChannels));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageArchitecture.Vgg(11, channels: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageArchitecture.Vgg(11, channels: 1025));
    }

    [Fact]
    public void Fit_ColumnsThatDoNotFit_AreNamed()
    {
        IDataView rows = View(12);
        Assert.Contains("'Label'", Assert.Throws<ArgumentOutOfRangeException>(() => Trainer().Fit(rows)).Message);
        Assert.Contains("expected a key",
            Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(options => options.LabelColumnName = "Color").Fit(rows)).Message);
        Assert.Contains("'Image'", Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(options => options.InputColumnName = "Image").Fit(Prepare(rows)))
            .Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(options => options.ImageSize = 4).Fit(Prepare(rows)));
    }

    [Fact]
    public void Fit_RateFarTooLarge_SaysThatItDiverges()
    {
        var refused = Assert.Throws<InvalidOperationException>(() =>
            Train(options => (options.LearningRate, options.Schedule, options.Epochs) = (1e8, LearningRateSchedule.Constant, 10)));
        Assert.Contains("LearningRate", refused.Message);
    }

    [Theory]
    [InlineData(0, 0.01)]
    [InlineData(0.1, 1)]
    [InlineData(0.55, 0.5)]
    [InlineData(1, 0)]
    public void Cosine_AtSomePlaces_HasTheKnownFactor(double progress, double expected) =>
        Assert.Equal(expected, LearningRateSchedule.Cosine(0.1).FactorAt(progress), 1e-9);

    [Fact]
    public void Steps_BehindEachPlace_FallsByTheFactor()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Steps(0.1, 0.5, 0.75);
        Assert.Equal([1, 0.1, 0.01], new[] { 0.49, 0.5, 0.9 }.Select(schedule.FactorAt).Select(factor => Math.Round(factor, 9)));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Steps(0.1, 1.5));
    }

    private ZipTransformer Train(Action<ImageClassifierTrainer.Options>? change = null) => Trainer(change).Fit(Prepare(View(96)));

    private ImageClassifierTrainer Trainer(Action<ImageClassifierTrainer.Options>? change = null)
    {
        ImageClassifierTrainer.Options options = CreateOptions();
        change?.Invoke(options);
        return _context.MulticlassClassification.Trainers.ImageClassifier(options);
    }

    private static ImageClassifierTrainer.Options CreateOptions() => new()
    {
        Architecture = ImageArchitecture.CifarResNet(8),
        Epochs = 3,
        BatchSize = 16,
        LearningRate = 0.05,
        CropPadding = 1,
    };

    private double Accuracy(ZipTransformer model) => _context.MulticlassClassification.EvaluateZip(model.Transform(View(60, 3)), labelColumnName: "Color")
        .JointAccuracy;

    private IDataView Prepare(IDataView rows) => _context.Transforms.Conversion.MapLabelToKey("Label", Colors, "Color").Fit(rows).Transform(rows);

    /// <summary>Noise in which one colour is stronger.</summary>
    private IDataView View(int count, int seed = 1)
    {
        var random = new Random(seed);
        return _context.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new SmallImage
        {
            Color = Colors[i % 3],
            Pixels = [.. Enumerable.Range(0, 3 * 64).Select(k => (float)random.Next(k / 64 == i % 3 ? 256 : 160))],
        }).ToArray());
    }

    private float[] Scores(ITransformer model, IDataView data) => [.. model.Transform(data).GetColumn<float[]>("Score").SelectMany(scores => scores)];

    private static byte[] ToBytes(Network network)
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(network, stream);
        return stream.ToArray();
    }

    private sealed class ColorKey
    {
        public string Color { get; set; } = "";
    }

    private sealed class Named
    {
        public string Name { get; set; } = "";
    }

    private sealed class Renamed
    {
        public string Dark { get; set; } = "";
    }
}
