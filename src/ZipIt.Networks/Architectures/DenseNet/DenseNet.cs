using System.Globalization;
using System.Text.RegularExpressions;

namespace ZipIt.Networks;

/// <summary>
/// DenseNets (Huang et al., <i>Densely Connected Convolutional Networks</i>, 2017) of any depth and growth, from checkpoints with torchvision's parameter
/// names, today's and those of its first versions, or with those of kuangliu's networks for CIFAR: <c>dense1.0.conv1</c>, whose layers put what they add
/// before what they took in.
/// </summary>
/// <remarks>
/// Nodes with weights carry their module's name (<c>features.denseblock1.denselayer2.conv1</c>, <c>classifier</c>). What a layer takes in is joined by
/// <c>features.denseblock1.denselayer2.concat</c>, and activations are called <c>…relu1</c> and <c>…relu2</c>.
/// </remarks>
public static partial class DenseNet
{
    private const int MostBlocks = 8;
    private const int MostLayers = 256;
    private const string LastCifarNorm = "bn";

    /// <summary>Builds the network of a checkpoint; depth, growth and outputs are read from its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="imageSize">Size of the images in pixels; null for 32 with a 3×3 stem, 224 with a 7×7 stem.</param>
    /// <param name="normalization">First layer of the network, e.g. from pixels 0–255 to normalized ones; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    /// <param name="options">What no tensor tells; null for the usual.</param>
    /// <returns>A network [channels, height, width] → [outputs].</returns>
    /// <exception cref="InvalidDataException">The checkpoint holds no DenseNet, or its tensors do not fit; the message names the file and the
    /// tensors.</exception>
    /// <exception cref="ArgumentException">The image size is too small, the normalization has another number of channels, or an option does not
    /// fit.</exception>
    public static Network FromCheckpoint(
        StateDictionary weights, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output", ArchitectureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentException.ThrowIfNullOrEmpty(headName);
        bool isCifar = HasCifarNames(weights);
        weights = Translate(weights);
        WeightCheck.CheckReadable(weights);
        string architecture = Describe(weights);
        options ??= new ArchitectureOptions();
        options.Check(architecture, nameof(options.Activation), nameof(options.Epsilon), nameof(options.StemStride), nameof(options.StemPooling));
        var expected = new WeightList(weights, architecture);
        int imageChannels = expected.ImageChannelsOf("features.conv0");
        int kernel = expected.KernelOf("features.conv0");
        int width = expected.Conv("features.conv0", imageChannels, kernel, 1);
        if (!isCifar)
            expected.Norm("features.norm0", width);
        int[] layers = CountLayers(weights);
        for (int block = 1; block <= layers.Length; block++)
        {
            for (int layer = 1; layer <= layers[block - 1]; layer++)
                width += ListLayer(expected, $"features.denseblock{block}.denselayer{layer}", width);
            if (block < layers.Length)
            {
                expected.Norm($"features.transition{block}.norm", width);
                width = expected.Conv($"features.transition{block}.conv", width, 1, 1);
            }
        }

        string norm = isCifar ? LastCifarNorm : $"features.norm{layers.Length + 1}";
        expected.Norm(norm, width);
        string linear = expected.Linear("classifier", width);
        WeightCheck.Check(weights, architecture, expected.Parameters);

        Activation activation = options.Activation ?? new ReLU();
        Node Normalized(string module, string activated, Node input) =>
            new(activated, activation, LayerFactory.Norm(weights, module, input, options.Epsilon ?? BatchNorm2d.DefaultEpsilon));
        bool isSmall = kernel < 7;
        Node x = LayerFactory.Input(imageChannels, imageSize ?? (isSmall ? 32 : 224), normalization);
        x = LayerFactory.Conv(weights, "features.conv0", x, options.StemStride ?? (isSmall ? 1 : 2));
        if (!isCifar)
            x = Normalized("features.norm0", "features.relu0", x);
        if (options.StemPooling ?? !isSmall)
            x = new Node("features.pool0", new MaxPool2d(3, 2, 1), x);
        for (int block = 1; block <= layers.Length; block++)
        {
            var features = new List<Node> { x };
            for (int layer = 1; layer <= layers[block - 1]; layer++)
            {
                string module = $"features.denseblock{block}.denselayer{layer}";
                Node inner = LayerFactory.Conv(weights, $"{module}.conv1", Normalized($"{module}.norm1", $"{module}.relu1", x));
                Node added = LayerFactory.Conv(weights, $"{module}.conv2", Normalized($"{module}.norm2", $"{module}.relu2", inner));
                features.Insert(isCifar ? 0 : features.Count, added);
                x = new Node($"{module}.concat", new Concat(), [.. features]);
            }

            if (block == layers.Length)
                break;
            string transition = $"features.transition{block}";
            x = LayerFactory.Conv(weights, $"{transition}.conv", Normalized($"{transition}.norm", $"{transition}.relu", x));
            x = new Node($"{transition}.pool", new AvgPool2d(2), x);
        }

        return LayerFactory.Classify(weights, linear, Normalized(norm, "relu", x), headName);
    }

    /// <summary>Whether a checkpoint looks like one of a DenseNet.</summary>
    internal static bool IsLike(StateDictionary weights) =>
        HasCifarNames(weights) || weights.Keys.Any(name => name.StartsWith("features.denseblock1.", StringComparison.Ordinal));

    private static bool HasCifarNames(StateDictionary weights) => weights.ContainsKey("dense1.0.conv1.weight") && weights.ContainsKey("dense1.0.bn1.weight");

    /// <summary>For example <c>DenseNet-121</c>.</summary>
    internal static string Describe(StateDictionary weights)
    {
        int[] layers = CountLayers(Translate(weights));
        return $"DenseNet-{2 * layers.Sum() + layers.Length + 1}";
    }

    /// <summary>Adds the tensors of a layer.</summary>
    /// <returns>The number of channels that it adds.</returns>
    private static int ListLayer(WeightList expected, string module, int inputs)
    {
        expected.Norm($"{module}.norm1", inputs);
        int inner = expected.Conv($"{module}.conv1", inputs, 1, 1);
        expected.Norm($"{module}.norm2", inner);
        return expected.Conv($"{module}.conv2", inner, 3, 1);
    }

    private static int[] CountLayers(StateDictionary weights)
    {
        var layers = new List<int>();
        while (layers.Count < MostBlocks && Count(layers.Count + 1) is > 0 and var count)
            layers.Add(count);
        return layers.Count > 0
            ? [.. layers]
            : throw new InvalidDataException($"'{weights.Source}' holds no DenseNet: there is no 'features.denseblock1.denselayer1.conv1.weight'; it has {weights.DescribeNames()}.");

        int Count(int block) => Enumerable.Range(1, MostLayers)
            .TakeWhile(layer => weights.ContainsKey($"features.denseblock{block}.denselayer{layer}.conv1.weight")).Count();
    }

    /// <summary>
    /// The names that torchvision gives the tensors today. Its first versions called them <c>denselayer1.norm.1.weight</c> and the like.
    /// </summary>
    private static StateDictionary Translate(StateDictionary weights)
    {
        StateDictionary? renamed = HasCifarNames(weights) ? weights.Rename(TranslateCifar)
            : weights.Keys.Any(name => OldModule().IsMatch(name)) ? weights.Rename(name => OldModule().Replace(name, "$1$2."))
            : null;
        return renamed ?? weights;
    }

    private static string TranslateCifar(string name)
    {
        Match match = CifarModule().Match(name);
        if (!match.Success)
            return name;
        string rest = name[match.Length..], kind = match.Groups["kind"].ValueSpan is "bn" ? "norm" : "conv", number = match.Groups["number"].Value;
        return match.Groups["block"] is { Success: true } block
            ? $"features.denseblock{block}.denselayer{int.Parse(match.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture) + 1}.{kind}{number}.{rest}"
            : match.Groups["transition"] is { Success: true } transition ? $"features.transition{transition}.{kind}.{rest}"
            : number == "1" && kind == "conv" ? $"features.conv0.{rest}"
            : name;
    }

    [GeneratedRegex(@"(?<=^features\.denseblock\d\.denselayer\d{1,3}\.)(norm|conv)\.([12])\.", RegexOptions.CultureInvariant)]
    private static partial Regex OldModule();

    [GeneratedRegex(
        @"^(dense(?<block>\d)\.(?<layer>\d{1,3})\.|trans(?<transition>\d)\.)?(?<kind>bn|conv)(?<number>[12])?\.",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex CifarModule();
}
