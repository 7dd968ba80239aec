using System.Globalization;

namespace ZipIt.Networks;

/// <summary>
/// VGG networks (Simonyan &amp; Zisserman, <i>Very Deep Convolutional Networks for Large-Scale Image Recognition</i>, 2015) with 11, 13, 16
/// or 19 layers, with and without batch normalization, from checkpoints with torchvision's parameter names (<c>features.N</c>,
/// <c>classifier.N</c>): the ImageNet networks, and those for CIFAR with one to three fully connected layers.
/// </summary>
/// <remarks>
/// Nodes carry the names of torchvision's modules (<c>features.0</c> … , <c>classifier.0</c>, <c>classifier.1</c> …); dropout has no node.
/// The others are <c>input</c>, <c>normalization</c>, <c>avgpool</c> and <c>flatten</c>.
/// </remarks>
public static class Vgg
{
    /// <summary>Each of the five poolings halves height and width.</summary>
    private const int Reduction = 32;

    /// <summary>Builds the network of a checkpoint; depth, width, outputs and kind of classifier are read from its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="imageSize">
    /// Size of the images in pixels; null for 32 if the classifier takes a single pixel, 224 if it takes 7×7. The former needs features of
    /// 1×1 pixel (images of 32 to 63 pixels). The latter takes what torchvision's adaptive pooling makes of any size.
    /// </param>
    /// <param name="normalization">First layer of the network, e.g. from pixels 0–255 to normalized ones; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    /// <param name="options">What no tensor tells; null for the usual.</param>
    /// <returns>A network [channels, height, width] → [outputs].</returns>
    /// <exception cref="InvalidDataException">The checkpoint holds no VGG, or its tensors do not fit; the message names the file and the
    /// tensors.</exception>
    /// <exception cref="ArgumentException">The image size does not fit, the normalization has another number of channels, or an option does not
    /// fit.</exception>
    public static Network FromCheckpoint(
        StateDictionary weights, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output", ArchitectureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        VggLayout layout = Detect(weights);
        return FromCheckpoint(weights, options is null ? layout : layout.With(options), imageSize, normalization, headName);
    }

    /// <summary>Builds a network of a given layout from a checkpoint.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="layout">What the checkpoint must hold.</param>
    /// <param name="imageSize">Size of the images in pixels; see
    /// <see cref="FromCheckpoint(StateDictionary, Size2?, ChannelAffine?, string, ArchitectureOptions?)"/>.</param>
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

        Size2 size = imageSize ?? layout.PixelsAcross * Reduction;
        Node x = LayerFactory.Input(layout.ImageChannels, size, normalization);
        Size2 pixels = FindPixels(weights, layout, size);
        foreach (VggFeature feature in layout.ListFeatures())
        {
            x = feature.Kind switch
            {
                VggFeatureKind.Conv => LayerFactory.Conv(weights, feature.Name, x),
                VggFeatureKind.Norm => LayerFactory.Norm(weights, feature.Name, x, layout.Epsilon),
                VggFeatureKind.Activation => new Node(feature.Name, layout.Activation, x),
                _ => new Node(feature.Name, new MaxPool2d(2), x),
            };
        }

        int across = layout.PixelsAcross;
        bool isPooled = pixels != across && pixels.Height % across == 0 && pixels.Width % across == 0;
        if (isPooled)
            x = new Node("avgpool", new AvgPool2d(new Size2(pixels.Height / across, pixels.Width / across)), x);
        x = new Node("flatten", new Flatten(), x);
        (string Name, int Inputs, int Outputs)[] linears = [.. layout.ListLinears()];
        for (int i = 0; i < linears.Length; i++)
        {
            string name = linears[i].Name;
            if (i > 0 && FindActivation(linears[i - 1].Name, name) is { } activation)
                x = new Node(activation, layout.Activation, x);
            x = i == 0 && pixels != across && !isPooled ? new Node(name, FoldPooling(weights, name, across, pixels), x) : LayerFactory.Linear(weights, name, x);
        }

        return new Network(new Head(headName, x));
    }

    /// <summary>Makes an untrained network, for tests and benchmarks: He initialization, normalizations with mildly random statistics.</summary>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <param name="layout">Sizes of the network.</param>
    /// <param name="imageSize">Size of the images in pixels; see
    /// <see cref="FromCheckpoint(StateDictionary, Size2?, ChannelAffine?, string, ArchitectureOptions?)"/>.</param>
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

    /// <summary>Reads the layout of a network from names and shapes of its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <exception cref="InvalidDataException">The checkpoint holds no VGG; the message names the file and what is missing.</exception>
    public static VggLayout Detect(StateDictionary weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        const int LargestWidth = 1 << 16;
        WeightCheck.CheckReadable(weights);
        Tensor stem = Expect(weights, "features.0.weight", 4, "[channels, image channels, 3, 3]");
        if (stem[0] > LargestWidth)
        {
            throw new InvalidDataException($"'{weights.Source}' holds no known VGG: 'features.0.weight' should have at most "
                + $"{LargestWidth} channels, is {stem}.");
        }

        bool batchNorm = weights.Keys.Any(name => name.StartsWith("features.1.", StringComparison.Ordinal));
        string[] linears = ListLinears(weights);
        Tensor outputs = Expect(weights, linears.Length == 0 ? "classifier.6.weight" : linears[^1] + ".weight", 2, "[outputs, inputs]");
        if (linears.Length > 3)
            throw new InvalidDataException($"'{weights.Source}' holds no known VGG: expected one to three fully connected layers, found {NameList.Format(linears)}.");
        int[] hidden = [.. linears[..^1].Select(name => weights[name + ".weight"][0])];
        if (hidden.Any(width => width > LargestWidth))
        {
            throw new InvalidDataException($"'{weights.Source}' holds no known VGG: a hidden layer should have at most {LargestWidth} outputs, found "
                + $"{string.Join(", ", hidden)}.");
        }

        // The depth whose tensors fit best; what is left over or missing then is reported by name.
        return new[] { 11, 13, 16, 19 }
            .Select(depth => WithClassifier(weights, linears, hidden, new VggLayout
            {
                Depth = depth,
                BatchNorm = batchNorm,
                Channels = stem[0],
                ImageChannels = stem[1],
                Outputs = outputs[0],
            }))
            .MinBy(layout => CountDifferences(weights, layout))!;
    }

    /// <summary>Whether a checkpoint looks like one of a VGG.</summary>
    internal static bool IsLike(StateDictionary weights) => weights.TryGetValue("features.0.weight", out Tensor? stem) && stem.Rank == 4 && stem[2] == 3
        && stem[3] == 3;

    /// <summary>The fully connected layers by the numbers at the ends of their names.</summary>
    private static string[] ListLinears(StateDictionary weights)
    {
        const string Weight = ".weight";
        return [.. weights
            .Where(pair => pair.Value is { Rank: 2, Length: > 0 } && pair.Key.EndsWith(Weight, StringComparison.Ordinal))
            .Select(pair => pair.Key[..^Weight.Length])
            .OrderBy(name => NumberOf(name) ?? -1)];
    }

    private static int? NumberOf(string module) =>
        int.TryParse(module.AsSpan(module.LastIndexOf('.') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static VggLayout WithClassifier(StateDictionary weights, string[] linears, int[] hidden, VggLayout layout)
    {
        bool isUsual = linears is ["classifier"] or ["classifier.0", "classifier.3", "classifier.6"];
        bool isEven = hidden.Length == 0 || (hidden.Length == 2 && hidden[0] == hidden[1]);
        int inputs = weights[linears[0] + ".weight"][1];
        int channels = layout.ListFeatures().Last().Channels;
        int across = inputs % channels == 0 ? (int)Math.Sqrt(inputs / channels) : 0;
        layout = layout with
        {
            HiddenWidth = isUsual && isEven && hidden.Length == 2 ? hidden[0] : 0,
            HiddenWidths = isUsual && isEven ? null : hidden,
            LinearNames = isUsual ? null : linears,
        };

        // A number of inputs that no pooling explains is reported as the wrong shape.
        return across * across * channels == inputs && across != layout.PixelsAcross ? layout with { PooledSize = across } : layout;
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

    /// <summary>The pixels that the features have, of which the classifier must be able to make those that it takes.</summary>
    private static Size2 FindPixels(StateDictionary weights, VggLayout layout, Size2 size)
    {
        int across = layout.PixelsAcross;
        var pixels = new Size2(size.Height / Reduction, size.Width / Reduction);
        bool isMultiple = pixels.Height % across == 0 && pixels.Width % across == 0;
        bool fits = across == 1 ? pixels == 1 : pixels.Height > 0 && pixels.Width > 0
            && (isMultiple || (pixels.Height < 2 * across && pixels.Width < 2 * across));
        if (fits)
            return pixels;
        string expected = across == 1
            ? "1 pixel (images of 32 to 63 pixels)"
            : $"1 to {2 * across - 1} pixels, or a multiple of {across} (images of 32 to {Reduction * 2 * across + 31} pixels)";
        throw new ArgumentException($"{layout} from '{weights.Source}' needs features of {expected} in front of its classifier; images of {size} pixels give {pixels}.", "imageSize");
    }

    /// <summary>Name of the activation between two layers; null if their numbers leave no room for one.</summary>
    private static string? FindActivation(string before, string behind)
    {
        if (NumberOf(before) is not { } first || NumberOf(behind) is not { } second)
            return $"{before}.relu";
        return second - first > 1 ? $"{before[..(before.LastIndexOf('.') + 1)]}{first + 1}" : null;
    }

    /// <summary>
    /// Adaptive pooling from few pixels to as many as the classifier takes gives each place the mean of some pixels, so each pixel meets a weighted sum of the
    /// places' weights.
    /// </summary>
    private static Linear FoldPooling(StateDictionary weights, string module, int across, Size2 pixels)
    {
        Tensor weight = weights[module + ".weight"];
        double[,] rows = MakeMeans(across, pixels.Height), columns = MakeMeans(across, pixels.Width);
        int places = across * across, count = pixels.Height * pixels.Width;
        int channels = weight[1] / places;
        var folded = new Tensor(weight[0], channels * count);
        var sums = new double[count];
        for (int i = 0; i < weight[0] * channels; i++)
        {
            Array.Clear(sums);
            ReadOnlySpan<float> own = weight.Span.Slice(i * places, places);
            for (int place = 0; place < places; place++)
            {
                for (int y = 0; y < pixels.Height; y++)
                {
                    double share = rows[place / across, y] * own[place];
                    for (int x = 0; share != 0 && x < pixels.Width; x++)
                        sums[y * pixels.Width + x] += share * columns[place % across, x];
                }
            }

            for (int pixel = 0; pixel < count; pixel++)
                folded.Span[i * count + pixel] = (float)sums[pixel];
        }

        return new Linear(folded, weights[module + ".bias"]);
    }

    /// <summary>Share of each pixel in the mean at each place: the pixels from ⌊place·n/places⌋ up to, not including, ⌈(place + 1)·n/places⌉.</summary>
    private static double[,] MakeMeans(int places, int pixels)
    {
        var means = new double[places, pixels];
        for (int place = 0; place < places; place++)
        {
            int first = place * pixels / places, end = ((place + 1) * pixels + places - 1) / places;
            for (int pixel = first; pixel < end; pixel++)
                means[place, pixel] = 1.0 / (end - first);
        }

        return means;
    }
}
