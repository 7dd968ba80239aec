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

    /// <summary>Outputs of the last layer: classes, or the length of an embedding.</summary>
    public required int Outputs { get; init; }

    /// <summary>Pixels in each direction that torchvision's adaptive pooling hands to the ImageNet classifier.</summary>
    internal const int PooledSize = 7;

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

        (string Name, int Inputs, int Outputs)[] linears = HiddenWidth == 0
            ? [("classifier", inputs, Outputs)]
            :
            [
                ("classifier.0", inputs * PooledSize * PooledSize, HiddenWidth),
                ("classifier.3", HiddenWidth, HiddenWidth),
                ("classifier.6", HiddenWidth, Outputs),
            ];
        foreach ((string name, int count, int outputs) in linears)
        {
            foreach (ParameterShape parameter in ParameterShape.Linear(name, outputs, count))
                yield return parameter;
        }
    }

    /// <summary>For example <c>VGG-16</c> or <c>VGG-11 with batch normalization</c>.</summary>
    public override string ToString() => $"VGG-{Depth}{(BatchNorm ? " with batch normalization" : "")}";

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
                yield return new VggFeature($"features.{index++}", VggFeatureKind.ReLU, channels);
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
