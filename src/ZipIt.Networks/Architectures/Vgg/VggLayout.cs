namespace ZipIt.Networks;

/// <summary>The sizes that tell one VGG network (Simonyan &amp; Zisserman 2015) from another.</summary>
public sealed record VggLayout
{
    /// <summary>Number of layers with weights as the network's name counts them: 11, 13, 16 or 19.</summary>
    public required int Depth { get; init; }

    /// <summary>Whether a batch normalization follows every convolution. Default true.</summary>
    public bool BatchNorm { get; init; } = true;

    /// <summary>Channels of the first convolution; later ones have 2, 4, 8 and 8 times as many. Default 64.</summary>
    public int Channels { get; init; } = 64;

    /// <summary>Channels of the images. Default 3.</summary>
    public int ImageChannels { get; init; } = 3;

    /// <summary>Width of the two hidden layers of the ImageNet classifier; 0 for the CIFAR classifier, a single <c>classifier</c> layer.
    /// Default 0.</summary>
    public int HiddenWidth { get; init; }

    /// <summary>Widths of the hidden layers of the classifier; null for the two or none that follow from <see cref="HiddenWidth"/>. Default null.</summary>
    public IReadOnlyList<int>? HiddenWidths { get; init; }

    /// <summary>
    /// Pixels in each direction that the classifier takes: 1 if the features end in a single pixel, 7 for the adaptive pooling of the ImageNet classifier; 0
    /// for 1 without hidden layers and otherwise 7. Default 0.
    /// </summary>
    public int PooledSize { get; init; }

    /// <summary>
    /// Names of the classifier's fully connected layers; null for <c>classifier</c> without hidden layers and otherwise <c>classifier.0</c>,
    /// <c>classifier.3</c> and <c>classifier.6</c>.
    /// An activation stands between two of them if their numbers leave room for one. Default null.
    /// </summary>
    public IReadOnlyList<string>? LinearNames { get; init; }

    /// <summary>Outputs of the last layer: classes, or the length of an embedding.</summary>
    public required int Outputs { get; init; }

    /// <summary>The activation in all places. Default ReLU. No tensor tells it.</summary>
    public Activation Activation { get; init; } = new ReLU();

    /// <summary>ε of all batch normalizations. Default 1e-5. No tensor tells it.</summary>
    public float Epsilon { get; init; } = BatchNorm2d.DefaultEpsilon;

    /// <summary>Pixels in each direction that the ImageNet classifier takes.</summary>
    internal const int ImageNetPooledSize = 7;

    /// <summary>Pixels in each direction that the classifier takes.</summary>
    internal int PixelsAcross => PooledSize > 0 ? PooledSize : HiddenWidth == 0 ? 1 : ImageNetPooledSize;

    /// <summary>A VGG for CIFAR: the features, then one fully connected layer on a single pixel.</summary>
    /// <param name="depth">11, 13, 16 or 19.</param>
    /// <param name="outputs">Outputs of the last layer.</param>
    /// <param name="batchNorm">Whether a batch normalization follows every convolution.</param>
    /// <exception cref="ArgumentOutOfRangeException">The depth is another one, or the number of outputs is not positive.</exception>
    public static VggLayout Cifar(int depth, int outputs = 10, bool batchNorm = true) => Create(depth, batchNorm, 0, outputs);

    /// <summary>A VGG for ImageNet, as torchvision builds it.</summary>
    /// <param name="depth">11, 13, 16 or 19.</param>
    /// <param name="outputs">Outputs of the last layer.</param>
    /// <param name="batchNorm">Whether a batch normalization follows every convolution.</param>
    /// <exception cref="ArgumentOutOfRangeException">The depth is another one, or the number of outputs is not positive.</exception>
    public static VggLayout ImageNet(int depth, int outputs = 1000, bool batchNorm = false) => Create(depth, batchNorm, 4096, outputs);

    /// <summary>The tensors of a checkpoint, in the order in which PyTorch writes them.</summary>
    public IEnumerable<ParameterShape> ListParameters()
    {
        int inputs = ImageChannels;
        foreach (VggFeature feature in ListFeatures())
        {
            switch (feature.Kind)
            {
                case VggFeatureKind.Conv:
                    yield return ParameterShape.ConvWeight(feature.Name, feature.Channels, inputs, 3);
                    yield return ParameterShape.Bias(feature.Name, feature.Channels);
                    inputs = feature.Channels;
                    break;
                case VggFeatureKind.Norm:
                    foreach (ParameterShape parameter in ParameterShape.Norm(feature.Name, feature.Channels))
                        yield return parameter;
                    break;
            }
        }

        foreach ((string name, int count, int outputs) in ListLinears())
        {
            foreach (ParameterShape parameter in ParameterShape.Linear(name, outputs, count))
                yield return parameter;
        }
    }

    /// <summary>For example <c>VGG-16</c> or <c>VGG-11 with batch normalization</c>.</summary>
    public override string ToString() => $"VGG-{Depth}{(BatchNorm ? " with batch normalization" : "")}";

    /// <summary>The layout with what a user says of it.</summary>
    /// <exception cref="ArgumentException">An option means nothing here, or is out of range.</exception>
    internal VggLayout With(ArchitectureOptions options)
    {
        options.Check($"{this}", nameof(Activation), nameof(Epsilon));
        return this with { Activation = options.Activation ?? Activation, Epsilon = options.Epsilon ?? Epsilon };
    }

    /// <summary>The fully connected layers with their inputs and outputs.</summary>
    internal IEnumerable<(string Name, int Inputs, int Outputs)> ListLinears()
    {
        IReadOnlyList<int> hidden = HiddenWidths ?? (HiddenWidth == 0 ? [] : [HiddenWidth, HiddenWidth]);
        IReadOnlyList<string> names = LinearNames ?? (hidden.Count == 0 ? ["classifier"] : ["classifier.0", "classifier.3", "classifier.6"]);
        if (names.Count != hidden.Count + 1)
            throw new InvalidOperationException($"Expected one layer more than the {hidden.Count} hidden widths, found {names.Count} names.");
        int inputs = ListFeatures().Last().Channels * PixelsAcross * PixelsAcross;
        for (int i = 0; i < names.Count; i++)
        {
            int outputs = i < hidden.Count ? hidden[i] : Outputs;
            yield return (names[i], inputs, outputs);
            inputs = outputs;
        }
    }

    /// <summary>The modules of torchvision's <c>features</c>, which are numbered through.</summary>
    internal IEnumerable<VggFeature> ListFeatures()
    {
        int[] convolutions = Depth switch
        {
            11 => [1, 1, 2, 2, 2],
            13 => [2, 2, 2, 2, 2],
            16 => [2, 2, 3, 3, 3],
            19 => [2, 2, 4, 4, 4],
            _ => throw new InvalidOperationException($"Expected a depth of 11, 13, 16 or 19, found {Depth}."),
        };
        int index = 0;
        for (int stage = 0; stage < convolutions.Length; stage++)
        {
            int channels = Channels << Math.Min(stage, 3);
            for (int i = 0; i < convolutions[stage]; i++)
            {
                yield return new VggFeature($"features.{index++}", VggFeatureKind.Conv, channels);
                if (BatchNorm)
                    yield return new VggFeature($"features.{index++}", VggFeatureKind.Norm, channels);
                yield return new VggFeature($"features.{index++}", VggFeatureKind.Activation, channels);
            }

            yield return new VggFeature($"features.{index++}", VggFeatureKind.MaxPool, channels);
        }
    }

    private static VggLayout Create(int depth, bool batchNorm, int hiddenWidth, int outputs)
    {
        if (depth is not (11 or 13 or 16 or 19))
            throw new ArgumentOutOfRangeException(nameof(depth), $"Expected a depth of 11, 13, 16 or 19, found {depth}.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        return new VggLayout { Depth = depth, BatchNorm = batchNorm, HiddenWidth = hiddenWidth, Outputs = outputs };
    }
}
