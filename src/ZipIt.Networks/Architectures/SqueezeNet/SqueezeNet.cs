using System.Globalization;

namespace ZipIt.Networks;

/// <summary>
/// SqueezeNet 1.0 and 1.1 (Iandola et al., <i>SqueezeNet: AlexNet-level accuracy with 50x fewer parameters</i>, 2016) from checkpoints with torchvision's
/// parameter names.
/// </summary>
/// <remarks>
/// Nodes carry the names of torchvision's modules (<c>features.0</c>, <c>features.3.expand1x1</c>, <c>classifier.1</c>); what a fire module joins is called
/// <c>features.3.concat</c>, its
/// activations <c>features.3.squeeze_activation</c> and so on. The others are <c>input</c>, <c>normalization</c> and <c>flatten</c>.
/// </remarks>
public static class SqueezeNet
{
    private const string Architecture = "SqueezeNet";

    /// <summary>Builds the network of a checkpoint; version, widths and outputs are read from its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="imageSize">Size of the images in pixels; null for 224.</param>
    /// <param name="normalization">First layer of the network, e.g. from pixels 0–255 to normalized ones; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    /// <param name="options">What no tensor tells; null for the usual (the stem has stride 2).</param>
    /// <returns>A network [channels, height, width] → [outputs].</returns>
    /// <exception cref="InvalidDataException">The checkpoint holds no SqueezeNet, or its tensors do not fit; the message names the file and the
    /// tensors.</exception>
    /// <exception cref="ArgumentException">The image size is too small, the normalization has another number of channels, or an option does not
    /// fit.</exception>
    public static Network FromCheckpoint(
        StateDictionary weights, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output", ArchitectureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentException.ThrowIfNullOrEmpty(headName);
        options ??= new ArchitectureOptions();
        options.Check(Architecture, nameof(options.Activation), nameof(options.StemStride));
        WeightCheck.CheckReadable(weights);
        var expected = new WeightList(weights, Architecture);
        int imageChannels = expected.ImageChannelsOf("features.0");
        int width = expected.Conv("features.0", imageChannels, expected.KernelOf("features.0"), 1, hasBias: true);
        int[] fires = ListFires(weights);
        foreach (int index in fires)
        {
            int squeezed = expected.Conv($"features.{index}.squeeze", width, 1, 1, hasBias: true);
            width = expected.Conv($"features.{index}.expand1x1", squeezed, 1, 1, hasBias: true)
                + expected.Conv($"features.{index}.expand3x3", squeezed, 3, 1, hasBias: true);
        }

        expected.Conv("classifier.1", width, 1, 1, hasBias: true);
        WeightCheck.Check(weights, Architecture, expected.Parameters);

        Activation activation = options.Activation ?? new ReLU();
        Node Activated(string module, string name, Node input) => new(name, activation, LayerFactory.Conv(weights, module, input));
        Node x = LayerFactory.Input(imageChannels, imageSize ?? 224, normalization);
        x = new Node("features.1", activation, LayerFactory.Conv(weights, "features.0", x, options.StemStride ?? 2, padding: 0));

        // The modules between the numbered fire modules, which have no weights, are poolings.
        for (int index = 2; index <= fires[^1]; index++)
        {
            string module = $"features.{index}";
            if (!fires.Contains(index))
            {
                x = new Node(module, new MaxPool2d(3, 2, 0, ceilingMode: true), x);
                continue;
            }

            Node squeezed = Activated($"{module}.squeeze", $"{module}.squeeze_activation", x);
            x = new Node(
                $"{module}.concat", new Concat(),
                Activated($"{module}.expand1x1", $"{module}.expand1x1_activation", squeezed),
                Activated($"{module}.expand3x3", $"{module}.expand3x3_activation", squeezed));
        }

        x = new Node("classifier.3", new GlobalAveragePool(), Activated("classifier.1", "classifier.2", x));
        return new Network(new Head(headName, new Node("flatten", new Flatten(), x)));
    }

    /// <summary>Whether a checkpoint looks like one of a SqueezeNet.</summary>
    internal static bool IsLike(StateDictionary weights) =>
        weights.Keys.Any(name => name.StartsWith("features.", StringComparison.Ordinal) && name.EndsWith(".squeeze.weight", StringComparison.Ordinal));

    private static int[] ListFires(StateDictionary weights)
    {
        const int MostModules = 256;
        int[] fires = [.. weights.Keys
            .Where(name => name.StartsWith("features.", StringComparison.Ordinal) && name.EndsWith(".squeeze.weight", StringComparison.Ordinal))
            .Select(name => int.TryParse(name.Split('.')[1], NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : -1)
            .Where(index => index is >= 2 and < MostModules)
            .Distinct()
            .Order()];
        return fires.Length > 0
            ? fires
            : throw new InvalidDataException($"'{weights.Source}' holds no {Architecture}: there is no 'features.3.squeeze.weight'; it has {weights.DescribeNames()}.");
    }
}
