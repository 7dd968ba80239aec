using System.Globalization;

namespace ZipIt.Networks;

/// <summary>
/// Residual networks (He et al., <i>Deep Residual Learning for Image Recognition</i>, 2016) from checkpoints: the CIFAR family (ResNet-20, 32, 44, 56, 110, any
/// width), the ImageNet family (ResNet-18, 34, 50, 101, 152), Wide ResNets, ResNeXts and pre-activation ResNets, with shortcuts of 1×1 or 3×3 convolutions or
/// without weights. Tensors may have torchvision's names, those of the usual CIFAR implementations, or those of the transformers library.
/// </summary>
/// <remarks>
/// What no tensor tells (<see cref="ArchitectureOptions"/>) is as in torchvision's networks and the usual ones for CIFAR, unless the options say otherwise.
/// <para>
/// Nodes with weights carry their module's name (<c>conv1</c>, <c>layer1.0.bn2</c>, <c>layer2.0.shortcut.0</c>, <c>linear</c>). The others
/// are called <c>input</c>, <c>normalization</c>, <c>relu</c>, <c>maxpool</c>, <c>layer1.0.relu1</c>, <c>layer1.0.add</c>,
/// <c>layer1.0.relu2</c> (behind the addition; <c>relu3</c> in a bottleneck), <c>avgpool</c> and <c>flatten</c>. A shortcut without weights is a convolution
/// <c>layer2.0.shortcut</c> of zeros and ones.
/// </para>
/// </remarks>
public static class ResNet
{
    /// <summary>Builds the network of a checkpoint; depth, width, kind of block, outputs and names are read from its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="imageSize">Size of the images in pixels; null for 32 with a 3×3 stem, 224 with a 7×7 stem.</param>
    /// <param name="normalization">First layer of the network, e.g. from pixels 0–255 to normalized ones; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    /// <param name="options">What no tensor tells; null for the usual.</param>
    /// <returns>A network [channels, height, width] → [outputs].</returns>
    /// <exception cref="InvalidDataException">The checkpoint holds no ResNet, or its tensors do not fit; the message names the file and the
    /// tensors.</exception>
    /// <exception cref="ArgumentException">The image size is too small, the normalization has another number of channels, or an option does not
    /// fit.</exception>
    public static Network FromCheckpoint(
        StateDictionary weights, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output", ArchitectureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ResNetLayout layout = Detect(weights);
        return FromCheckpoint(weights, options is null ? layout : layout.With(options), imageSize, normalization, headName);
    }

    /// <summary>Builds a network of a given layout from a checkpoint.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="layout">What the checkpoint must hold.</param>
    /// <param name="imageSize">Size of the images in pixels; null for 32 with a 3×3 stem, 224 with a 7×7 stem.</param>
    /// <param name="normalization">First layer of the network; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    /// <returns>A network [channels, height, width] → [outputs].</returns>
    /// <exception cref="InvalidDataException">The tensors do not fit the layout; the message names the file and the tensors.</exception>
    /// <exception cref="ArgumentException">The image size is too small, or the normalization has another number of channels.</exception>
    public static Network FromCheckpoint(
        StateDictionary weights, ResNetLayout layout, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output")
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentException.ThrowIfNullOrEmpty(headName);
        weights = ResNetNames.Translate(weights);
        WeightCheck.Check(weights, layout.ToString(), [.. layout.ListParameters()]);
        CheckPadding(weights, layout);

        Node x = LayerFactory.Input(layout.ImageChannels, imageSize ?? (layout.IsForSmallImages ? 32 : 224), normalization);
        x = LayerFactory.Conv(weights, "conv1", x, layout.StemStride ?? (layout.IsForSmallImages ? 1 : 2));
        if (!layout.PreActivation)
            x = new Node("relu", layout.Activation, LayerFactory.Norm(weights, "bn1", x, layout.Epsilon));
        if (layout.StemPooling ?? !layout.IsForSmallImages)
            x = new Node("maxpool", new MaxPool2d(3, 2, 1), x);
        foreach (ResNetBlock block in layout.ListBlocks())
            x = block.Build(weights, x);
        if (layout.FinalNormName is { } norm)
            x = new Node("relu", layout.Activation, LayerFactory.Norm(weights, norm, x, layout.Epsilon));
        return LayerFactory.Classify(weights, layout.LinearName, x, headName);
    }

    /// <summary>Makes an untrained network, for tests and benchmarks: He initialization, normalizations with mildly random statistics.</summary>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <param name="layout">Sizes of the network.</param>
    /// <param name="imageSize">Size of the images in pixels; null for 32 with a 3×3 stem, 224 with a 7×7 stem.</param>
    /// <param name="normalization">First layer of the network; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    public static Network Random(
        int seed, ResNetLayout layout, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output") =>
        FromCheckpoint(CreateRandomWeights(seed, layout), layout, imageSize, normalization, headName);

    /// <summary>The weights of <see cref="Random"/>.</summary>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <param name="layout">Sizes of the network.</param>
    public static StateDictionary CreateRandomWeights(int seed, ResNetLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        return RandomWeights.Create(seed, layout.ToString(), layout.ListParameters());
    }

    /// <summary>Reads the layout of a network from names and shapes of its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <exception cref="InvalidDataException">The checkpoint holds no ResNet; the message names the file and what is missing.</exception>
    public static ResNetLayout Detect(StateDictionary weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        weights = ResNetNames.Translate(weights);
        WeightCheck.CheckReadable(weights);
        int[] blocks = CountBlocks(weights);
        if (!weights.ContainsKey("conv1.weight") && blocks.Length == 0)
        {
            throw new InvalidDataException($"'{weights.Source}' holds no ResNet: there is neither 'conv1.weight' nor a stage 'layer1'; it "
                + $"has {weights.DescribeNames()}.");
        }

        Tensor stem = Expect(weights, "conv1.weight", 4, "[channels, image channels, kernel, kernel]");
        if (stem[2] is not (1 or 3 or 5 or 7) || stem[3] != stem[2])
        {
            throw new InvalidDataException($"'{weights.Source}' holds no known ResNet: expected a square kernel of 1, 3, 5 or 7 in 'conv1.weight', "
                + $"found {stem}.");
        }

        if (blocks.Length == 0)
            throw new InvalidDataException($"'{weights.Source}' holds no ResNet: there is no block 'layer1.0'; it has {weights.DescribeNames()}.");

        string[] shortcuts = ["shortcut", "downsample", ResNetLayout.PlainShortcutName];
        string? shortcut = Array.Find(shortcuts, module => HasName(weights, $".{module}."));
        bool bottleneck = weights.Keys.Any(name => name.EndsWith(".conv3.weight", StringComparison.Ordinal));
        string linear = FindLinear(weights, shortcut);
        var layout = new ResNetLayout
        {
            BlockCounts = blocks,
            Bottleneck = bottleneck,
            StemChannels = CheckWidth(weights, "conv1.weight", stem[0], blocks.Length),
            ImageChannels = stem[1],
            Outputs = Expect(weights, linear + ".weight", 2, "[outputs, inputs]")[0],
            StemKernel = stem[2],
            ShortcutKernel = shortcut is null ? 0 : FindShortcutKernel(weights, shortcut),
            ShortcutNorm = shortcut is null || HasName(weights, $".{shortcut}.1."),
            ShortcutName = shortcut ?? "shortcut",
            LinearName = linear,
        };
        return WithPreActivation(weights, WithWidths(weights, layout));
    }

    /// <summary>Whether a checkpoint looks like one of a ResNet.</summary>
    internal static bool IsLike(StateDictionary weights)
    {
        StateDictionary own = ResNetNames.Translate(weights);
        return !ReferenceEquals(own, weights) || own.Keys.Any(name => name.StartsWith("layer1.", StringComparison.Ordinal));
    }

    private static bool HasName(StateDictionary weights, string part) => weights.Keys.Any(name => name.Contains(part, StringComparison.Ordinal));

    /// <summary>The only fully connected layer, whatever it is called; where there are none or several, the one that the other names go with.</summary>
    private static string FindLinear(StateDictionary weights, string? shortcut)
    {
        const string Weight = ".weight";
        string[] linears = [.. weights
            .Where(pair => pair.Value.Rank == 2 && pair.Key.EndsWith(Weight, StringComparison.Ordinal)
                && !pair.Key.StartsWith("layer", StringComparison.Ordinal))
            .Select(pair => pair.Key[..^Weight.Length])];
        if (linears is [var only])
            return only;
        bool hasFc = weights.ContainsKey("fc.weight") || weights.ContainsKey("fc.bias");
        bool hasLinear = weights.ContainsKey("linear.weight") || weights.ContainsKey("linear.bias");
        return hasLinear || shortcut == "shortcut" && !hasFc ? "linear" : "fc";
    }

    /// <summary>Widths of the stages and groups, as their first blocks have them.</summary>
    private static ResNetLayout WithWidths(StateDictionary weights, ResNetLayout layout)
    {
        int stages = layout.BlockCounts.Count;
        int depth = layout.Bottleneck ? 3 : 2;
        int? WidthOf(int stage, int conv)
        {
            string name = $"layer{stage + 1}.0.conv{conv}.weight";
            return weights.TryGetValue(name, out Tensor? weight) && weight is { Rank: 4, Length: > 0 } ? CheckWidth(weights, name, weight[0], 0) : null;
        }

        int[] widths = [.. Enumerable.Range(0, stages).Select(stage => WidthOf(stage, depth) ?? layout.UsualWidth(stage))];
        if (!widths.SequenceEqual(Enumerable.Range(0, stages).Select(layout.UsualWidth)))
            layout = layout with { Widths = widths };
        if (layout.Bottleneck)
            layout = layout with { InnerChannels =
                CheckWidth(weights, "layer1.0.conv1.weight", Expect(weights, "layer1.0.conv1.weight", 4, "[channels, inputs, 1, 1]")[0], stages) };
        int[] inner = [.. Enumerable.Range(0, stages).Select(stage => WidthOf(stage, 1) ?? layout.UsualInnerWidth(stage))];
        if (!inner.SequenceEqual(Enumerable.Range(0, stages).Select(layout.UsualInnerWidth)))
            layout = layout with { InnerWidths = inner };
        return layout.Bottleneck && weights.TryGetValue("layer1.0.conv2.weight", out Tensor? grouped) && grouped is { Rank: 4, Length: > 0 }
            && inner[0] % grouped[1] == 0
            ? layout with { Groups = inner[0] / grouped[1] }
            : layout;
    }

    /// <summary>A normalization in front of a convolution has the convolution's inputs; one behind it, its outputs.</summary>
    private static ResNetLayout WithPreActivation(StateDictionary weights, ResNetLayout layout)
    {
        ResNetBlock? telling = layout.ListBlocks().FirstOrDefault(block => block.Inputs != block.Inner);
        bool isBefore = telling is not null && weights.TryGetValue($"{telling.Name}.bn1.weight", out Tensor? scale)
            ? scale.HasShape(telling.Inputs)
            : !weights.ContainsKey("bn1.weight");
        if (!isBefore)
            return layout;
        int last = layout.ListBlocks().Last().Outputs;
        string[] names = ["bn1", "bn", "norm", "bn2"];
        string? final = Array.Find(names, name => weights.TryGetValue(name + ".weight", out Tensor? norm) && norm.HasShape(last));
        return layout with
        {
            PreActivation = true,
            FinalNormName = final,
            PreActivatedShortcut = final is null || layout.ShortcutName == ResNetLayout.PlainShortcutName,
        };
    }

    /// <summary>Shortcuts without weights become convolutions of zeros and ones, which must not outgrow the weights that the file has.</summary>
    private static void CheckPadding(StateDictionary weights, ResNetLayout layout)
    {
        const long Slack = 1 << 20;
        if (layout.ShortcutKernel != 0)
            return;
        long needed = layout.ListBlocks().Where(block => block.Stride != 1 || block.Inputs != block.Outputs).Sum(block => (long)block.Inputs * block.Outputs);
        if (needed > Slack + weights.Values.Sum(tensor => (long)tensor.Length) || layout.ListBlocks().Any(block => block.Outputs < block.Inputs))
        {
            throw new InvalidDataException($"'{weights.Source}' holds no known ResNet: its shortcuts have no weights, but the widths of its stages ({string.Join(", ", layout.Widths ?? [])}) are not "
                + "those of a network that adds channels of zeros.");
        }
    }

    private static Tensor Expect(StateDictionary weights, string name, int rank, string shape)
    {
        if (!weights.TryGetValue(name, out Tensor? tensor))
            throw new InvalidDataException($"'{weights.Source}' does not fit a ResNet: 1 tensor missing: '{name}' {shape}.");
        if (tensor.Rank != rank || tensor.Length == 0)
            throw new InvalidDataException($"'{weights.Source}' does not fit a ResNet: '{name}' should be {shape}, is {tensor}.");
        return tensor;
    }

    private static int CheckWidth(StateDictionary weights, string name, int channels, int stages)
    {
        const int LargestWidth = 1 << 20;
        return (long)channels << stages <= LargestWidth
            ? channels
            : throw new InvalidDataException($"'{weights.Source}' holds no known ResNet: {channels} channels in '{name}' are too many for "
                + $"{stages} stages.");
    }

    /// <summary>Blocks of each stage: one more than the largest index, so that a missing block is noticed later, by name.</summary>
    private static int[] CountBlocks(StateDictionary weights)
    {
        const int MostStages = 8;
        var counts = new List<int>();
        foreach (string name in weights.Keys)
        {
            string[] parts = name.Split('.', 3);
            if (parts.Length == 3 && parts[0].StartsWith("layer", StringComparison.Ordinal)
                && TryParse(parts[0]["layer".Length..], out int stage) && stage is >= 1 and <= MostStages
                && TryParse(parts[1], out int block) && block < weights.Count)
            {
                while (counts.Count < stage)
                    counts.Add(0);
                counts[stage - 1] = Math.Max(counts[stage - 1], block + 1);
            }
        }

        return [.. counts.Select(count => Math.Max(count, 1))];
    }

    private static bool TryParse(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static int FindShortcutKernel(StateDictionary weights, string prefix)
    {
        foreach ((string name, Tensor tensor) in weights)
        {
            bool isShortcut = name.EndsWith($".{prefix}.0.weight", StringComparison.Ordinal)
                || name.EndsWith($".{ResNetLayout.PlainShortcutName}.weight", StringComparison.Ordinal);
            if (isShortcut && tensor.Rank == 4 && tensor[2] is 1 or 3)
                return tensor[2];
        }

        return 1;
    }
}
