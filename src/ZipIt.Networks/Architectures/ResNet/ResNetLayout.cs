namespace ZipIt.Networks;

/// <summary>The sizes that tell one residual network (He et al. 2016) from another.</summary>
public sealed record ResNetLayout
{
    /// <summary>Number of residual blocks in each stage, e.g. 3, 3, 3 (ResNet-20) or 3, 4, 6, 3 (ResNet-50).</summary>
    public required IReadOnlyList<int> BlockCounts { get; init; }

    /// <summary>Whether a block is a bottleneck (1×1, 3×3, 1×1 convolutions) instead of two 3×3 convolutions. Default false.</summary>
    public bool Bottleneck { get; init; }

    /// <summary>Channels of the stem, and of a basic block in the first stage; they double with every further stage.</summary>
    public required int StemChannels { get; init; }

    /// <summary>Channels inside a bottleneck of the first stage; 0 for as many as <see cref="StemChannels"/>. Default 0.</summary>
    public int InnerChannels { get; init; }

    /// <summary>Channels of the images. Default 3.</summary>
    public int ImageChannels { get; init; } = 3;

    /// <summary>Outputs of the last layer: classes, or the length of an embedding.</summary>
    public required int Outputs { get; init; }

    /// <summary>
    /// Extent of the first convolution's kernel: 3 (stride 1, for small images as in CIFAR) or 7 (stride 2 and then a maximum pooling of
    /// stride 2, as for ImageNet). Default 3.
    /// </summary>
    public int StemKernel { get; init; } = 3;

    /// <summary>Extent of the shortcuts' kernels: 1 or 3. Default 1.</summary>
    public int ShortcutKernel { get; init; } = 1;

    /// <summary>Name of the shortcuts' modules: <c>downsample</c> (torchvision) or <c>shortcut</c>. Default <c>downsample</c>.</summary>
    public string ShortcutName { get; init; } = "downsample";

    /// <summary>Name of the last layer: <c>fc</c> (torchvision) or <c>linear</c>. Default <c>fc</c>.</summary>
    public string LinearName { get; init; } = "fc";

    /// <summary>Whether the network is made for small images (CIFAR: 32 pixels) rather than large ones (ImageNet: 224 pixels).</summary>
    public bool IsForSmallImages => StemKernel < 7;

    /// <summary>Number of layers as the network's name counts them, e.g. 20 or 50.</summary>
    public int Depth => 2 + BlockCounts.Sum() * (Bottleneck ? 3 : 2);

    /// <summary>A CIFAR ResNet of depth 6n + 2 (20, 32, 44, 56, 110).</summary>
    /// <param name="depth">Number of layers.</param>
    /// <param name="width">Multiplier of all channels: the stem has 16·width.</param>
    /// <param name="outputs">Outputs of the last layer.</param>
    /// <param name="shortcutKernel">Extent of the shortcuts' kernels: 1 or 3.</param>
    /// <exception cref="ArgumentOutOfRangeException">The depth is not 6n + 2, or a number is not positive.</exception>
    public static ResNetLayout Cifar(int depth, int width = 1, int outputs = 10, int shortcutKernel = 3)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        if (depth < 8 || depth % 6 != 2)
            throw new ArgumentOutOfRangeException(nameof(depth), $"Expected a depth of 6n + 2 (20, 32, 44, 56, 110), found {depth}.");
        if (shortcutKernel is not (1 or 3))
            throw new ArgumentOutOfRangeException(nameof(shortcutKernel), $"Expected a kernel of 1 or 3, found {shortcutKernel}.");
        int blocks = (depth - 2) / 6;
        return new ResNetLayout
        {
            BlockCounts = [blocks, blocks, blocks],
            StemChannels = 16 * width,
            Outputs = outputs,
            ShortcutKernel = shortcutKernel,
            ShortcutName = "shortcut",
            LinearName = "linear",
        };
    }

    /// <summary>A ResNet for ImageNet, as torchvision builds it.</summary>
    /// <param name="depth">18, 34, 50, 101 or 152.</param>
    /// <param name="outputs">Outputs of the last layer.</param>
    /// <exception cref="ArgumentOutOfRangeException">The depth is another one, or the number of outputs is not positive.</exception>
    public static ResNetLayout ImageNet(int depth, int outputs = 1000)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        int[] blocks = depth switch
        {
            18 => [2, 2, 2, 2],
            34 or 50 => [3, 4, 6, 3],
            101 => [3, 4, 23, 3],
            152 => [3, 8, 36, 3],
            _ => throw new ArgumentOutOfRangeException(nameof(depth), $"Expected a depth of 18, 34, 50, 101 or 152, found {depth}."),
        };
        return new ResNetLayout { BlockCounts = blocks, Bottleneck = depth >= 50, StemChannels = 64, Outputs = outputs, StemKernel = 7 };
    }

    /// <summary>The tensors of a checkpoint, in the order in which PyTorch writes them.</summary>
    public IEnumerable<ParameterShape> ListParameters()
    {
        yield return ParameterShape.ConvWeight("conv1", StemChannels, ImageChannels, StemKernel);
        foreach (ParameterShape parameter in ParameterShape.Norm("bn1", StemChannels))
            yield return parameter;
        foreach (ResNetBlock block in ListBlocks())
        {
            foreach (ParameterShape parameter in block.ListParameters())
                yield return parameter;
        }

        foreach (ParameterShape parameter in ParameterShape.Linear(LinearName, Outputs, ListBlocks().Last().Outputs))
            yield return parameter;
    }

    /// <summary>For example <c>ResNet-20×4</c> or <c>ResNet-50</c>.</summary>
    public override string ToString()
    {
        bool cifar = IsForSmallImages && BlockCounts.Count == 3;
        return $"ResNet-{Depth}{(cifar && StemChannels % 16 == 0 ? $"×{StemChannels / 16}" : "")}";
    }

    internal IEnumerable<ResNetBlock> ListBlocks()
    {
        const int BottleneckExpansion = 4;
        int inputs = StemChannels;
        for (int stage = 0; stage < BlockCounts.Count; stage++)
        {
            int channels = StemChannels << stage;
            int inner = Bottleneck && InnerChannels > 0 ? InnerChannels << stage : channels;
            int outputs = Bottleneck ? channels * BottleneckExpansion : channels;
            for (int block = 0; block < BlockCounts[stage]; block++)
            {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                int shortcut = stride != 1 || inputs != outputs ? ShortcutKernel : 0;
                yield return new ResNetBlock($"layer{stage + 1}.{block}", Bottleneck, inputs, inner, outputs, stride, shortcut, ShortcutName);
                inputs = outputs;
            }
        }
    }
}
