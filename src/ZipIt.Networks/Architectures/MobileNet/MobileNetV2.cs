namespace ZipIt.Networks;

/// <summary>
/// MobileNetV2 (Sandler et al., <i>Inverted Residuals and Linear Bottlenecks</i>, 2018) of any width, from checkpoints with torchvision's parameter names.
/// </summary>
/// <remarks>
/// Nodes with weights carry their module's name (<c>features.0.0</c>, <c>features.1.conv.0.1</c>, <c>classifier.1</c>). Activations are called like
/// torchvision's modules (<c>features.0.2</c>), sums <c>features.3.add</c>; the others are <c>input</c>, <c>normalization</c>, <c>avgpool</c> and
/// <c>flatten</c>.
/// </remarks>
public static class MobileNetV2
{
    private const string Architecture = "MobileNetV2";

    /// <summary>Blocks of each stage, and the stride of its first one (table 2 of the paper).</summary>
    private static readonly (int Blocks, int Stride)[] Stages = [(1, 1), (2, 2), (3, 2), (4, 2), (3, 1), (3, 2), (1, 1)];

    /// <summary>Builds the network of a checkpoint; widths and outputs are read from its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="imageSize">Size of the images in pixels; null for 224.</param>
    /// <param name="normalization">First layer of the network, e.g. from pixels 0–255 to normalized ones; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    /// <param name="options">
    /// What no tensor tells; null for the usual. Networks for CIFAR often have a stem of stride 1 (<see cref="ArchitectureOptions.StemStride"/>) and smaller
    /// <see cref="ArchitectureOptions.StageStrides"/>.
    /// </param>
    /// <returns>A network [channels, height, width] → [outputs].</returns>
    /// <exception cref="InvalidDataException">The checkpoint holds no MobileNetV2, or its tensors do not fit; the message names the file and the
    /// tensors.</exception>
    /// <exception cref="ArgumentException">The image size is too small, the normalization has another number of channels, or an option does not
    /// fit.</exception>
    public static Network FromCheckpoint(
        StateDictionary weights, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output", ArchitectureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentException.ThrowIfNullOrEmpty(headName);
        options ??= new ArchitectureOptions();
        options.Check(Architecture, nameof(options.Activation), nameof(options.Epsilon), nameof(options.StemStride), nameof(options.StageStrides));
        options.CheckStages(Architecture, Stages.Length);
        WeightCheck.CheckReadable(weights);
        WeightList expected = new(weights, Architecture);
        int stem = expected.Conv("features.0.0", expected.ImageChannelsOf("features.0.0"), 3, 1);
        expected.Norm("features.0.1", stem);
        Block[] blocks = [.. ListBlocks(expected, stem, options)];
        int last = expected.Conv($"features.{blocks.Length + 1}.0", blocks[^1].Outputs, 1, 1);
        expected.Norm($"features.{blocks.Length + 1}.1", last);
        string linear = expected.Linear("classifier.1", last);
        WeightCheck.Check(weights, Architecture, expected.Parameters);

        Activation activation = options.Activation ?? new Clip(0, 6);
        float epsilon = options.Epsilon ?? BatchNorm2d.DefaultEpsilon;
        Node Normalized(string conv, string norm, Node input, int stride = 1, int groups = 1) =>
            LayerFactory.Norm(weights, norm, LayerFactory.Conv(weights, conv, input, stride, groups), epsilon);
        Node Activated(string module, Node input, int stride = 1, int groups = 1) =>
            new($"{module}.2", activation, Normalized($"{module}.0", $"{module}.1", input, stride, groups));

        Node x = LayerFactory.Input(weights["features.0.0.weight"][1], imageSize ?? 224, normalization);
        x = Activated("features.0", x, options.StemStride ?? 2);
        foreach (Block block in blocks)
        {
            Node input = x;
            int next = 0;
            if (block.IsExpanded)
                x = Activated($"{block.Name}.{next++}", x);
            x = Activated($"{block.Name}.{next++}", x, block.Stride, block.Inner);
            x = Normalized($"{block.Name}.{next}", $"{block.Name}.{next + 1}", x);
            if (block.Stride == 1 && block.Inputs == block.Outputs)
                x = new Node($"{block.Name[..^".conv".Length]}.add", new Add(), x, input);
        }

        return LayerFactory.Classify(weights, linear, Activated($"features.{blocks.Length + 1}", x), headName);
    }

    /// <summary>Whether a checkpoint looks like one of a MobileNetV2.</summary>
    internal static bool IsLike(StateDictionary weights) => weights.ContainsKey("features.0.0.weight")
        && weights.Keys.Any(name => name.StartsWith("features.1.conv.", StringComparison.Ordinal));

    private static IEnumerable<Block> ListBlocks(WeightList expected, int inputs, ArchitectureOptions options)
    {
        int index = 1;
        for (int stage = 0; stage < Stages.Length; stage++)
        {
            for (int i = 0; i < Stages[stage].Blocks; i++, index++)
            {
                string name = $"features.{index}.conv";
                bool isExpanded = expected.Has($"{name}.1.0.weight");
                int inner = inputs, next = 0;
                if (isExpanded)
                {
                    inner = expected.Conv($"{name}.0.0", inputs, 1, 1);
                    expected.Norm($"{name}.{next++}.1", inner);
                }

                expected.Depthwise($"{name}.{next}.0", inner, 3);
                expected.Norm($"{name}.{next++}.1", inner);
                int outputs = expected.Conv($"{name}.{next}", inner, 1, 1);
                expected.Norm($"{name}.{next + 1}", outputs);
                int stride = i > 0 ? 1 : options.StageStrides?[stage] ?? Stages[stage].Stride;
                yield return new Block(name, isExpanded, inputs, inner, outputs, stride);
                inputs = outputs;
            }
        }
    }

    private sealed record Block(string Name, bool IsExpanded, int Inputs, int Inner, int Outputs, int Stride);
}
