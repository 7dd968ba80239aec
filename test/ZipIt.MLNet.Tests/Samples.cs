using Microsoft.ML;
using ZipIt.Networks;

namespace ZipIt.MLNet.Tests;

/// <summary>Small random classifiers and images, the same on every run.</summary>
internal static class Samples
{
    public static readonly string[] Animals = ["bird", "cat", "dog"];
    public static readonly string[] Vehicles = ["car", "ship"];

    private static readonly ResNetLayout Layout = ResNetLayout.Cifar(8, outputs: 6);
    private static readonly ChannelAffine Normalization = ChannelAffine.FromNormalization([0.5, 0.5, 0.5], [0.25, 0.25, 0.25]);

    /// <summary>Three classes, compared with prototypes.</summary>
    public static ZipClassifier AnimalClassifier { get; } = WithPrototypes("animals", 1, Animals);

    /// <summary>Two classes, compared with prototypes.</summary>
    public static ZipClassifier VehicleClassifier { get; } = WithPrototypes("vehicles", 2, Vehicles);

    /// <summary>A ResNet-8 for 8×8 pixels with an embedding of length 6.</summary>
    public static ZipClassifier WithPrototypes(string name, int seed, string[] labels) => ZipClassifier.FromNetwork(
        name, ResNet.Random(seed, Layout, 8, Normalization), labels, new ClassPrototypes(RandomTensor(seed, labels.Length, 6), 10));

    /// <summary>A ResNet-8 for 8×8 pixels with one score per class.</summary>
    public static ZipClassifier WithScores(string name, int seed, string[] labels, ChannelAffine? normalization = null) => ZipClassifier.FromNetwork(
        name, ResNet.Random(seed, Layout with { Outputs = labels.Length }, 8, normalization ?? Normalization), labels);

    /// <summary>A network of one convolution, for tests that need a small file.</summary>
    public static Network Tiny(int seed, int outputs, int size = 4)
    {
        var conv = new Node("conv", new Conv2d(RandomTensor(seed, 4, 3, 3, 3), null, 1, 1), new Node("input", new Input(3, size, size)));
        var relu = new Node("relu", new ReLU(), conv);
        var flatten = new Node("flatten", new Flatten(), new Node("pool", new GlobalAveragePool(), relu));
        return new Network(new Head("output", new Node("linear", new Linear(RandomTensor(seed + 1, outputs, 4)), flatten)));
    }

    /// <summary>Random images with random classes of both tasks.</summary>
    public static PixelRow[] Rows(int count, int seed = 7)
    {
        var random = new Random(seed);
        string[] classes = [.. Animals, .. Vehicles];
        return [.. Enumerable.Range(0, count).Select(i => new PixelRow
        {
            Number = i,
            Class = classes[random.Next(classes.Length)],
            Pixels = [.. Enumerable.Range(0, 3 * 8 * 8).Select(_ => (float)random.Next(256))],
        })];
    }

    public static IDataView View(MLContext context, int count, int seed = 7) => context.Data.LoadFromEnumerable(Rows(count, seed));

    /// <summary>A zipped model of both classifiers, made once.</summary>
    public static ZipTransformer Zipped { get; } = Fit(new MLContext(1), new ZipEstimator.Options());

    public static ZipTransformer Fit(MLContext context, ZipEstimator.Options options) =>
        context.Transforms.Zip(options, AnimalClassifier, VehicleClassifier).Fit(View(context, 60));

    public static Tensor RandomTensor(int seed, params int[] shape)
    {
        var tensor = new Tensor(shape);
        var random = new Random(seed);
        foreach (ref float value in tensor.Span)
            value = (float)(random.NextDouble() - 0.5);
        return tensor;
    }
}
