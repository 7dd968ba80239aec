using System.Globalization;
using System.Text.RegularExpressions;

namespace ZipIt.Networks;

/// <summary>
/// MobileNetV2 (Sandler et al., <i>Inverted Residuals and Linear Bottlenecks</i>, 2018) of any width, from checkpoints with torchvision's parameter names, or
/// with those of kuangliu's networks for CIFAR: <c>layers.0.conv1</c>, with ReLU, shorter strides and a projection beside blocks that change the width.
/// </summary>
/// <remarks>
/// Nodes with weights carry their module's name (<c>features.0.0</c>, <c>features.1.conv.0.1</c>, <c>classifier.1</c>). Activations are called like
/// torchvision's modules (<c>features.0.2</c>), sums <c>features.3.add</c>; the others are <c>input</c>, <c>normalization</c>, <c>avgpool</c> and
/// <c>flatten</c>.
/// </remarks>
public static partial class MobileNetV2
{
    private const string Architecture = "MobileNetV2";

    /// <summary>Number of blocks of each stage (table 2 of the paper).</summary>
    private static readonly int[] Stages = [1, 2, 3, 4, 3, 3, 1];

    /// <summary>Stride of each stage's first block (table 2 of the paper).</summary>
    private static readonly int[] Strides = [1, 2, 2, 2, 1, 2, 1];

    /// <summary>The same in networks for CIFAR.</summary>
    private static readonly int[] CifarStrides = [1, 1, 2, 2, 1, 2, 1];

    /// <summary>Builds the network of a checkpoint; widths and outputs are read from its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="imageSize">Size of the images in pixels; null for 224, or 32 with kuangliu's names.</param>
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
        bool isCifar = HasCifarNames(weights);
        if (isCifar)
            weights = weights.Rename(Translate) ?? weights;
        WeightList expected = new(weights, Architecture);
        int stem = expected.Conv("features.0.0", expected.ImageChannelsOf("features.0.0"), 3, 1);
        expected.Norm("features.0.1", stem);
        Block[] blocks = [.. ListBlocks(expected, stem, options.StageStrides ?? (isCifar ? CifarStrides : Strides))];
        int last = expected.Conv($"features.{blocks.Length + 1}.0", blocks[^1].Outputs, 1, 1);
        expected.Norm($"features.{blocks.Length + 1}.1", last);
        string linear = expected.Linear("classifier.1", last);
        WeightCheck.Check(weights, Architecture, expected.Parameters);

        Activation activation = options.Activation ?? (isCifar ? new ReLU() : new Clip(0, 6));
        float epsilon = options.Epsilon ?? BatchNorm2d.DefaultEpsilon;
        Node Normalized(string conv, string norm, Node input, int stride = 1, int groups = 1) =>
            LayerFactory.Norm(weights, norm, LayerFactory.Conv(weights, conv, input, stride, groups), epsilon);
        Node Activated(string module, Node input, int stride = 1, int groups = 1) =>
            new($"{module}.2", activation, Normalized($"{module}.0", $"{module}.1", input, stride, groups));

        Node x = LayerFactory.Input(weights["features.0.0.weight"][1], imageSize ?? (isCifar ? 32 : 224), normalization);
        x = Activated("features.0", x, options.StemStride ?? (isCifar ? 1 : 2));
        foreach (Block block in blocks)
        {
            Node input = x;
            int next = 0;
            if (block.IsExpanded)
                x = Activated($"{block.Module}.conv.{next++}", x);
            x = Activated($"{block.Module}.conv.{next++}", x, block.Stride, block.Inner);
            x = Normalized($"{block.Module}.conv.{next}", $"{block.Module}.conv.{next + 1}", x);
            if (block.Stride > 1 || (block.Inputs != block.Outputs && !block.IsProjected))
                continue;
            if (block.IsProjected)
                input = Normalized($"{block.Module}.shortcut.0", $"{block.Module}.shortcut.1", input);
            x = new Node($"{block.Module}.add", new Add(), x, input);
        }

        return LayerFactory.Classify(weights, linear, Activated($"features.{blocks.Length + 1}", x), headName);
    }

    /// <summary>Whether a checkpoint looks like one of a MobileNetV2.</summary>
    internal static bool IsLike(StateDictionary weights) => HasCifarNames(weights) || (weights.ContainsKey("features.0.0.weight")
        && weights.Keys.Any(name => name.StartsWith("features.1.conv.", StringComparison.Ordinal)));

    private static bool HasCifarNames(StateDictionary weights) => weights.ContainsKey("layers.0.conv1.weight") && weights.ContainsKey("layers.0.conv3.weight");

    /// <summary>torchvision's name of a tensor; projections keep theirs.</summary>
    private static string Translate(string name)
    {
        Match match = CifarLayer().Match(name);
        if (!match.Success)
            return name;
        string rest = name[match.Length..];
        int number = match.Groups["number"] is { Success: true } digit ? digit.ValueSpan[0] - '0' : 0, kind = match.Groups["kind"].ValueSpan is "conv" ? 0 : 1;
        if (!match.Groups["block"].Success)
            return number switch { 1 => $"features.0.{kind}.{rest}", 2 => $"features.{Stages.Sum() + 1}.{kind}.{rest}", _ => name };
        string module = $"features.{int.Parse(match.Groups["block"].ValueSpan, CultureInfo.InvariantCulture) + 1}";
        return number switch { 0 => $"{module}.shortcut.{rest}", 3 => $"{module}.conv.{2 + kind}.{rest}", _ => $"{module}.conv.{number - 1}.{kind}.{rest}" };
    }

    private static IEnumerable<Block> ListBlocks(WeightList expected, int inputs, IReadOnlyList<int> strides)
    {
        int index = 1;
        for (int stage = 0; stage < Stages.Length; stage++)
        {
            for (int i = 0; i < Stages[stage]; i++, index++)
            {
                string module = $"features.{index}", name = $"{module}.conv";
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
                int stride = i > 0 ? 1 : strides[stage];
                bool isProjected = expected.Has($"{module}.shortcut.0.weight");
                if (isProjected)
                {
                    expected.Conv($"{module}.shortcut.0", inputs, 1, 1);
                    expected.Norm($"{module}.shortcut.1", outputs);
                }

                yield return new Block(module, isExpanded, isProjected, inputs, inner, outputs, stride);
                inputs = outputs;
            }
        }
    }

    [GeneratedRegex(@"^(layers\.(?<block>\d{1,2})\.)?((?<kind>conv|bn)(?<number>[123])|shortcut)\.", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex CifarLayer();

    private sealed record Block(string Module, bool IsExpanded, bool IsProjected, int Inputs, int Inner, int Outputs, int Stride);
}
