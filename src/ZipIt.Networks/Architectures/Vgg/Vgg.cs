namespace ZipIt.Networks;

/// <summary>
/// VGG networks (Simonyan &amp; Zisserman, <i>Very Deep Convolutional Networks for Large-Scale Image Recognition</i>, 2015) with 11, 13, 16
/// or 19 layers, with and without batch normalization, from checkpoints with torchvision's parameter names (<c>features.N</c>,
/// <c>classifier.N</c>), and their CIFAR variants with a single layer <c>classifier</c>.
/// </summary>
/// <remarks>
/// Nodes carry the names of torchvision's modules (<c>features.0</c> … , <c>classifier.0</c>, <c>classifier.1</c> …); dropout has no node.
/// The others are <c>input</c>, <c>normalization</c> and <c>flatten</c>.
/// </remarks>
public static class Vgg
{
    /// <summary>Builds the network of a checkpoint; depth, width, outputs and kind of classifier are read from its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="imageSize">
    /// Size of the images in pixels; null for 32 with the CIFAR classifier, 224 with the ImageNet classifier. The former needs features of
    /// 1×1 pixel at its input (images of 32 to 63 pixels), the latter 7×7 (224 to 255 pixels) or 1×1, which is what torchvision's adaptive
    /// pooling would spread over all 7×7.
    /// </param>
    /// <param name="normalization">First layer of the network, e.g. from pixels 0–255 to normalized ones; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    /// <returns>A network [channels, height, width] → [outputs].</returns>
    /// <exception cref="InvalidDataException">The checkpoint holds no VGG, or its tensors do not fit; the message names the file and the
    /// tensors.</exception>
    /// <exception cref="ArgumentException">The image size does not fit, or the normalization has another number of channels.</exception>
    public static Network FromCheckpoint(
        StateDictionary weights, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output")
    {
        ArgumentNullException.ThrowIfNull(weights);
        return FromCheckpoint(weights, Detect(weights), imageSize, normalization, headName);
    }

    /// <summary>Builds a network of a given layout from a checkpoint.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="layout">What the checkpoint must hold.</param>
    /// <param name="imageSize">Size of the images in pixels; see
    /// <see cref="FromCheckpoint(StateDictionary, Size2?, ChannelAffine?, string)"/>.</param>
    /// <param name="normalization">First layer of the network; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    /// <returns>A network [channels, height, width] → [outputs].</returns>
    /// <exception cref="InvalidDataException">The tensors do not fit the layout; the message names the file and the tensors.</exception>
    /// <exception cref="ArgumentException">The image size does not fit, or the normalization has another number of channels.</exception>
    public static Network FromCheckpoint(
        StateDictionary weights, VggLayout layout, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output")
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentException.ThrowIfNullOrEmpty(headName);
        WeightCheck.Check(weights, layout.ToString(), [.. layout.ListParameters()]);

        Size2 size = imageSize ?? (layout.HiddenWidth == 0 ? 32 : 224);
        Node x = LayerFactory.Input(layout.ImageChannels, size, normalization);
        foreach (VggFeature feature in layout.ListFeatures())
        {
            x = feature.Kind switch
            {
                VggFeatureKind.Conv => LayerFactory.Conv(weights, feature.Name, x),
                VggFeatureKind.Norm => LayerFactory.Norm(weights, feature.Name, x),
                VggFeatureKind.ReLU => LayerFactory.ReLU(feature.Name, x),
                _ => new Node(feature.Name, new MaxPool2d(2), x),
            };
        }

        const int Reduction = 32;
        var pixels = new Size2(size.Height / Reduction, size.Width / Reduction);
        bool single = pixels == new Size2(1, 1);
        if (!single && !(layout.HiddenWidth != 0 && pixels == new Size2(VggLayout.PooledSize, VggLayout.PooledSize)))
        {
            string expected = layout.HiddenWidth == 0
                ? "1 pixel (images of 32 to 63 pixels)"
                : "7 pixels (images of 224 to 255 pixels) or 1 pixel (32 to 63)";
            throw new ArgumentException($"{layout} from '{weights.Source}' needs features of {expected} in front of its classifier; "
                + $"images of {size} pixels give {pixels}.", nameof(imageSize));
        }

        x = new Node("flatten", new Flatten(), x);
        if (layout.HiddenWidth == 0)
            return new Network(new Head(headName, LayerFactory.Linear(weights, "classifier", x)));

        x = single ? new Node("classifier.0", FoldPooling(weights), x) : LayerFactory.Linear(weights, "classifier.0", x);
        x = LayerFactory.Linear(weights, "classifier.3", LayerFactory.ReLU("classifier.1", x));
        x = LayerFactory.Linear(weights, "classifier.6", LayerFactory.ReLU("classifier.4", x));
        return new Network(new Head(headName, x));
    }

    /// <summary>Makes an untrained network, for tests and benchmarks: He initialization, normalizations with mildly random statistics.</summary>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <param name="layout">Sizes of the network.</param>
    /// <param name="imageSize">Size of the images in pixels; see
    /// <see cref="FromCheckpoint(StateDictionary, Size2?, ChannelAffine?, string)"/>.</param>
    /// <param name="normalization">First layer of the network; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    public static Network Random(
        int seed, VggLayout layout, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output") =>
        FromCheckpoint(CreateRandomWeights(seed, layout), layout, imageSize, normalization, headName);

    /// <summary>The weights of <see cref="Random"/>.</summary>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <param name="layout">Sizes of the network.</param>
    public static StateDictionary CreateRandomWeights(int seed, VggLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        return RandomWeights.Create(seed, layout.ToString(), layout.ListParameters());
    }

    /// <summary>Reads the sizes of a network from names and shapes of its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <exception cref="InvalidDataException">The checkpoint holds no VGG; the message names the file and what is missing.</exception>
    public static VggLayout Detect(StateDictionary weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        const int LargestWidth = 1 << 16;
        Tensor stem = Expect(weights, "features.0.weight", 4, "[channels, image channels, 3, 3]");
        if (stem[0] > LargestWidth)
        {
            throw new InvalidDataException($"'{weights.Source}' holds no known VGG: 'features.0.weight' should have at most "
                + $"{LargestWidth} channels, is {stem}.");
        }

        bool batchNorm = weights.Keys.Any(name => name.StartsWith("features.1.", StringComparison.Ordinal));
        bool single = weights.ContainsKey("classifier.weight");
        string last = single ? "classifier.weight" : "classifier.6.weight";
        Tensor outputs = Expect(weights, last, 2, "[outputs, inputs]");
        if (!single && outputs[1] > LargestWidth)
        {
            throw new InvalidDataException($"'{weights.Source}' holds no known VGG: '{last}' should have at most {LargestWidth} inputs, "
                + $"is {outputs}.");
        }

        // The depth whose tensors fit best; what is left over or missing then is reported by name.
        return new[] { 11, 13, 16, 19 }
            .Select(depth => new VggLayout
            {
                Depth = depth,
                BatchNorm = batchNorm,
                Channels = stem[0],
                ImageChannels = stem[1],
                HiddenWidth = single ? 0 : outputs[1],
                Outputs = outputs[0],
            })
            .MinBy(layout => CountDifferences(weights, layout))!;
    }

    private static int CountDifferences(StateDictionary weights, VggLayout layout)
    {
        List<ParameterShape> parameters = [.. layout.ListParameters()];
        int found = parameters.Count(parameter => weights.TryGetValue(parameter.Name, out Tensor? tensor) && tensor.Rank == parameter.Shape.Count);
        return parameters.Count + weights.Count - 2 * found;
    }

    private static Tensor Expect(StateDictionary weights, string name, int rank, string shape)
    {
        if (!weights.TryGetValue(name, out Tensor? tensor))
        {
            throw new InvalidDataException($"'{weights.Source}' holds no VGG: there is no tensor '{name}' {shape}; it has "
                + $"{weights.DescribeNames()}.");
        }

        if (tensor.Rank != rank || tensor.Length == 0)
            throw new InvalidDataException($"'{weights.Source}' holds no VGG: '{name}' should be {shape}, is {tensor}.");
        return tensor;
    }

    /// <summary>A single pixel that adaptive pooling copies to 7×7 places meets the sum of their weights.</summary>
    private static Linear FoldPooling(StateDictionary weights)
    {
        const int Places = VggLayout.PooledSize * VggLayout.PooledSize;
        Tensor weight = weights["classifier.0.weight"];
        var folded = new Tensor(weight[0], weight[1] / Places);
        for (int i = 0; i < folded.Length; i++)
        {
            double sum = 0;
            foreach (float value in weight.Span.Slice(i * Places, Places))
                sum += value;
            folded.Span[i] = (float)sum;
        }

        return new Linear(folded, weights["classifier.0.bias"]);
    }
}
