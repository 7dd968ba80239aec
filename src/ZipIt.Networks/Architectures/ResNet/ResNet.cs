using System.Globalization;

namespace ZipIt.Networks;

/// <summary>
/// Residual networks (He et al., <i>Deep Residual Learning for Image Recognition</i>, 2016) from checkpoints with torchvision's parameter
/// names: the CIFAR family (ResNet-20, 32, 44, 56, 110, any width) and the ImageNet family (ResNet-18, 34, 50, 101, 152).
/// </summary>
/// <remarks>
/// Nodes with weights carry their module's name (<c>conv1</c>, <c>layer1.0.bn2</c>, <c>layer2.0.shortcut.0</c>, <c>linear</c>). The others
/// are called <c>input</c>, <c>normalization</c>, <c>relu</c>, <c>maxpool</c>, <c>layer1.0.relu1</c>, <c>layer1.0.add</c>,
/// <c>layer1.0.relu2</c> (behind the addition; <c>relu3</c> in a bottleneck), <c>avgpool</c> and <c>flatten</c>.
/// </remarks>
public static class ResNet
{
    /// <summary>Builds the network of a checkpoint; depth, width, kind of block, outputs and names are read from its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="imageSize">Size of the images in pixels; null for 32 with a 3×3 stem, 224 with a 7×7 stem.</param>
    /// <param name="normalization">First layer of the network, e.g. from pixels 0–255 to normalized ones; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    /// <returns>A network [channels, height, width] → [outputs].</returns>
    /// <exception cref="InvalidDataException">The checkpoint holds no ResNet, or its tensors do not fit; the message names the file and the
    /// tensors.</exception>
    /// <exception cref="ArgumentException">The image size is too small, or the normalization has another number of channels.</exception>
    public static Network FromCheckpoint(
        StateDictionary weights, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output")
    {
        ArgumentNullException.ThrowIfNull(weights);
        return FromCheckpoint(weights, Detect(weights), imageSize, normalization, headName);
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
        WeightCheck.Check(weights, layout.ToString(), [.. layout.ListParameters()]);

        Node x = LayerFactory.Input(layout.ImageChannels, imageSize ?? (layout.IsForSmallImages ? 32 : 224), normalization);
        x = LayerFactory.Conv(weights, "conv1", x, layout.IsForSmallImages ? 1 : 2);
        x = LayerFactory.ReLU("relu", LayerFactory.Norm(weights, "bn1", x));
        if (!layout.IsForSmallImages)
            x = new Node("maxpool", new MaxPool2d(3, 2, 1), x);
        foreach (ResNetBlock block in layout.ListBlocks())
            x = block.Build(weights, x);
        x = new Node("flatten", new Flatten(), new Node("avgpool", new GlobalAveragePool(), x));
        return new Network(new Head(headName, LayerFactory.Linear(weights, layout.LinearName, x)));
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

    /// <summary>Reads the sizes of a network from names and shapes of its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <exception cref="InvalidDataException">The checkpoint holds no ResNet; the message names the file and what is missing.</exception>
    public static ResNetLayout Detect(StateDictionary weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        int[] blocks = CountBlocks(weights);
        if (!weights.ContainsKey("conv1.weight") && blocks.Length == 0)
        {
            throw new InvalidDataException($"'{weights.Source}' holds no ResNet: there is neither 'conv1.weight' nor a stage 'layer1'; it "
                + $"has {weights.DescribeNames()}.");
        }

        Tensor stem = Expect(weights, "conv1.weight", 4, "[channels, image channels, kernel, kernel]");
        if (stem[2] is not (3 or 7) || stem[3] != stem[2])
        {
            throw new InvalidDataException($"'{weights.Source}' holds no known ResNet: expected a kernel of 3×3 or 7×7 in 'conv1.weight', "
                + $"found {stem}.");
        }

        if (blocks.Length == 0)
            throw new InvalidDataException($"'{weights.Source}' holds no ResNet: there is no block 'layer1.0'; it has {weights.DescribeNames()}.");

        string prefix = weights.Keys.Any(name => name.Contains(".shortcut.", StringComparison.Ordinal)) ? "shortcut" : "downsample";
        bool hasFc = weights.ContainsKey("fc.weight") || weights.ContainsKey("fc.bias");
        bool hasLinear = weights.ContainsKey("linear.weight") || weights.ContainsKey("linear.bias");
        string linear = hasLinear || prefix == "shortcut" && !hasFc ? "linear" : "fc";
        bool bottleneck = weights.Keys.Any(name => name.EndsWith(".conv3.weight", StringComparison.Ordinal));
        var layout = new ResNetLayout
        {
            BlockCounts = blocks,
            Bottleneck = bottleneck,
            StemChannels = CheckWidth(weights, "conv1.weight", stem[0], blocks.Length),
            ImageChannels = stem[1],
            Outputs = Expect(weights, linear + ".weight", 2, "[outputs, inputs]")[0],
            StemKernel = stem[2],
            ShortcutKernel = FindShortcutKernel(weights, prefix),
            ShortcutName = prefix,
            LinearName = linear,
        };
        if (!bottleneck)
            return layout;
        int inner = Expect(weights, "layer1.0.conv1.weight", 4, "[channels, inputs, 1, 1]")[0];
        return layout with { InnerChannels = CheckWidth(weights, "layer1.0.conv1.weight", inner, blocks.Length) };
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
            if (name.EndsWith($".{prefix}.0.weight", StringComparison.Ordinal) && tensor.Rank == 4 && tensor[2] is 1 or 3)
                return tensor[2];
        }

        return 1;
    }
}
