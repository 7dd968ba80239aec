namespace ZipIt.Networks;

/// <summary>
/// The generator of one scale of a SinGAN (Shaham et al., <i>SinGAN: Learning a Generative Model from a Single Natural Image</i>, 2019, section 3.1), from
/// checkpoints with the authors' parameter names.
/// </summary>
/// <remarks>
/// A whole SinGAN is a pyramid of these. Scale n gets noise plus the enlarged image of the scale before, both with a border of zeros
/// (<see cref="Border"/>), and what comes out is added to that image (eq. 2 of the paper). Nodes with weights carry their module's name (<c>head.conv</c>,
/// <c>body.block1.norm</c>, <c>tail.0</c>); activations are called <c>head.relu</c>, <c>body.block1.relu</c> and <c>tail.1</c>.
/// </remarks>
public static class SinGan
{
    private const string Architecture = "SinGAN";
    private const int MostBlocks = 64;
    private const int Kernel = 3;
    private const int UsualSize = 64;

    /// <summary>Builds the network of a checkpoint; depth and widths are read from its tensors.</summary>
    /// <param name="weights">The checkpoint of one scale.</param>
    /// <param name="imageSize">Size of the image that comes out, in pixels; null for 64. What goes in is larger by <see cref="Border"/> on each side.</param>
    /// <param name="normalization">First layer of the network; null for none, as usual.</param>
    /// <param name="headName">Name of the output.</param>
    /// <param name="options">What no tensor tells; null for the usual: <see cref="LeakyReLU"/> with slope 0.2.</param>
    /// <returns>A network [channels, height + 2·border, width + 2·border] → [channels, height, width], −1 … 1.</returns>
    /// <exception cref="InvalidDataException">The checkpoint holds no generator of a SinGAN, or its tensors do not fit; the message names the file and the
    /// tensors.</exception>
    /// <exception cref="ArgumentException">The image size is not positive, the normalization has another number of channels, or an option does not
    /// fit.</exception>
    public static Network FromCheckpoint(
        StateDictionary weights, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output", ArchitectureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentException.ThrowIfNullOrEmpty(headName);
        options ??= new ArchitectureOptions();
        options.Check(Architecture, nameof(options.Activation), nameof(options.Epsilon));
        Size2 size = imageSize ?? UsualSize;
        if (size.Height < 1 || size.Width < 1)
            throw new ArgumentOutOfRangeException(nameof(imageSize), $"Expected a positive image size, found {size}.");
        var expected = new WeightList(weights, Architecture);
        string[] blocks = [.. ListBlocks(weights)];
        int channels = expected.ImageChannelsOf("head.conv"), width = channels;
        foreach (string block in blocks)
        {
            width = expected.Conv($"{block}.conv", width, Kernel, 1, hasBias: true);
            expected.Norm($"{block}.norm", width);
        }

        expected.Conv("tail.0", width, Kernel, 1, hasBias: true);
        WeightCheck.Check(weights, Architecture, expected.Parameters);

        int border = Border(weights);
        Activation activation = options.Activation ?? new LeakyReLU(0.2f);
        Node x = LayerFactory.Input(channels, new Size2(size.Height + 2 * border, size.Width + 2 * border), normalization);
        foreach (string block in blocks)
        {
            x = LayerFactory.Conv(weights, $"{block}.conv", x, padding: 0);
            x = new Node($"{block}.relu", activation, LayerFactory.Norm(weights, $"{block}.norm", x, options.Epsilon ?? BatchNorm2d.DefaultEpsilon));
        }

        return new Network(new Head(headName, new Node("tail.1", new Tanh(), LayerFactory.Conv(weights, "tail.0", x, padding: 0))));
    }

    /// <summary>Number of pixels that a checkpoint's network takes away on each side of an image: one for each convolution, which are not padded.</summary>
    /// <param name="weights">The checkpoint of one scale.</param>
    /// <exception cref="InvalidDataException">The checkpoint holds no generator of a SinGAN.</exception>
    public static int Border(StateDictionary weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return ListBlocks(weights).Count() + 1;
    }

    /// <summary>Whether a checkpoint looks like one of a SinGAN's generator.</summary>
    internal static bool IsLike(StateDictionary weights) => weights.ContainsKey("head.conv.weight") && weights.ContainsKey("tail.0.weight");

    private static IEnumerable<string> ListBlocks(StateDictionary weights)
    {
        if (!IsLike(weights))
        {
            throw new InvalidDataException(
                $"'{weights.Source}' holds no generator of a {Architecture}: expected 'head.conv.weight' and 'tail.0.weight', found {weights.DescribeNames()}.");
        }

        return Enumerable.Range(1, MostBlocks).Select(block => $"body.block{block}").TakeWhile(block => weights.ContainsKey($"{block}.conv.weight"))
            .Prepend("head");
    }
}
