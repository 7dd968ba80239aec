namespace ZipIt.Networks;

/// <summary>What tells one residual network (He et al. 2016) from another.</summary>
public sealed record ResNetLayout
{
    /// <summary>A shortcut's module of this name is a convolution itself; all others hold it under the number 0.</summary>
    internal const string PlainShortcutName = "convShortcut";

    private const int BottleneckExpansion = 4;

    /// <summary>Number of residual blocks in each stage, e.g. 3, 3, 3 (ResNet-20) or 3, 4, 6, 3 (ResNet-50).</summary>
    public required IReadOnlyList<int> BlockCounts { get; init; }

    /// <summary>Whether a block is a bottleneck (1×1, 3×3, 1×1 convolutions) instead of two 3×3 convolutions. Default false.</summary>
    public bool Bottleneck { get; init; }

    /// <summary>
    /// Channels of the stem, and of a basic block in the first stage; they double with every further stage, if <see cref="Widths"/> does not say otherwise.
    /// </summary>
    public required int StemChannels { get; init; }

    /// <summary>Channels that the blocks of each stage give; null for those that follow from <see cref="StemChannels"/>. A Wide ResNet has its own.</summary>
    public IReadOnlyList<int>? Widths { get; init; }

    /// <summary>Channels inside the blocks of each stage; null for those that follow from <see cref="InnerChannels"/>.</summary>
    public IReadOnlyList<int>? InnerWidths { get; init; }

    /// <summary>Groups of the 3×3 convolutions of bottlenecks (ResNeXt, Xie et al. 2017). Default 1.</summary>
    public int Groups { get; init; } = 1;

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

    /// <summary>Stride of the first convolution; null for 1 with a kernel below 7 and otherwise 2. No tensor tells it.</summary>
    public int? StemStride { get; init; }

    /// <summary>Whether a maximum pooling of stride 2 follows the first convolution; null for yes if the kernel is 7. No tensor tells it.</summary>
    public bool? StemPooling { get; init; }

    /// <summary>Stride of each stage; null for 1, 2, 2 … No tensor tells it.</summary>
    public IReadOnlyList<int>? StageStrides { get; init; }

    /// <summary>Whether a bottleneck's stride sits on its first convolution (1×1) rather than on the second. Default false. No tensor tells it.</summary>
    public bool StrideOnFirstConvolution { get; init; }

    /// <summary>The activation in all places. Default ReLU. No tensor tells it, unless it has parameters.</summary>
    public Activation Activation { get; init; } = new ReLU();

    /// <summary>ε of all batch normalizations. Default 1e-5. No tensor tells it.</summary>
    public float Epsilon { get; init; } = BatchNorm2d.DefaultEpsilon;

    /// <summary>
    /// Whether normalization and activation stand before the convolutions (He et al., <i>Identity Mappings in Deep Residual Networks</i>, 2016). Default false.
    /// </summary>
    public bool PreActivation { get; init; }

    /// <summary>Name of the normalization behind the last block of a pre-activation network; null for none. Default null.</summary>
    public string? FinalNormName { get; init; }

    /// <summary>Whether projections of a pre-activation network take the block's input after its first activation. Default false. No tensor tells it.</summary>
    public bool PreActivatedShortcut { get; init; }

    /// <summary>
    /// Extent of the shortcuts' kernels: 1 or 3; 0 for shortcuts without weights, which pick pixels and add channels of zeros (option A). Default 1.
    /// </summary>
    public int ShortcutKernel { get; init; } = 1;

    /// <summary>Whether shortcuts with weights have a normalization. Default true.</summary>
    public bool ShortcutNorm { get; init; } = true;

    /// <summary>Where shortcuts without weights put the channels that they add. Default <see cref="ChannelPadding.Centered"/>. No tensor tells it.</summary>
    public ChannelPadding ShortcutPadding { get; init; }

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
    /// <param name="shortcutKernel">Extent of the shortcuts' kernels: 1 or 3; 0 for shortcuts without weights (option A).</param>
    /// <exception cref="ArgumentOutOfRangeException">The depth is not 6n + 2, or a number is not positive.</exception>
    public static ResNetLayout Cifar(int depth, int width = 1, int outputs = 10, int shortcutKernel = 3)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        if (depth < 8 || depth % 6 != 2)
            throw new ArgumentOutOfRangeException(nameof(depth), $"Expected a depth of 6n + 2 (20, 32, 44, 56, 110), found {depth}.");
        if (shortcutKernel is not (0 or 1 or 3))
            throw new ArgumentOutOfRangeException(nameof(shortcutKernel), $"Expected a kernel of 1 or 3, or 0 for none, found {shortcutKernel}.");
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
        foreach (ParameterShape parameter in PreActivation ? [] : ParameterShape.Norm("bn1", StemChannels))
            yield return parameter;
        foreach (ResNetBlock block in ListBlocks())
        {
            foreach (ParameterShape parameter in block.ListParameters())
                yield return parameter;
        }

        int last = ListBlocks().Last().Outputs;
        foreach (ParameterShape parameter in FinalNormName is null ? [] : ParameterShape.Norm(FinalNormName, last))
            yield return parameter;
        foreach (ParameterShape parameter in ParameterShape.Linear(LinearName, Outputs, last))
            yield return parameter;
    }

    /// <summary>For example <c>ResNet-20×4</c> or <c>ResNet-50</c>.</summary>
    public override string ToString()
    {
        bool cifar = IsForSmallImages && BlockCounts.Count == 3 && Widths is null;
        string kind = Groups > 1 ? "ResNeXt" : PreActivation && Widths is not null ? "Wide ResNet" : PreActivation ? "pre-activation ResNet" : "ResNet";
        return $"{kind}-{Depth}{(cifar && StemChannels % 16 == 0 ? $"×{StemChannels / 16}" : "")}";
    }

    /// <summary>What the stage's blocks give if <see cref="Widths"/> does not say.</summary>
    internal int UsualWidth(int stage) => Bottleneck ? (StemChannels << stage) * BottleneckExpansion : StemChannels << stage;

    /// <summary>Channels inside the stage's blocks if <see cref="InnerWidths"/> does not say.</summary>
    internal int UsualInnerWidth(int stage) => !Bottleneck ? Widths?[stage] ?? UsualWidth(stage) : (InnerChannels > 0 ? InnerChannels : StemChannels) << stage;

    /// <summary>The layout with what a user says of it.</summary>
    /// <exception cref="ArgumentException">An option means nothing here, or is out of range.</exception>
    internal ResNetLayout With(ArchitectureOptions options)
    {
        options.Check(
            $"{this}",
            [
                nameof(Activation), nameof(Epsilon), nameof(StemStride), nameof(StemPooling), nameof(StageStrides),
                .. Bottleneck ? [nameof(StrideOnFirstConvolution)] : Array.Empty<string>(),
                .. ShortcutKernel == 0 ? [nameof(ShortcutPadding)] : Array.Empty<string>(),
                .. PreActivation ? [nameof(PreActivatedShortcut)] : Array.Empty<string>(),
            ]);
        options.CheckStages($"{this}", BlockCounts.Count);
        return this with
        {
            Activation = options.Activation ?? Activation,
            Epsilon = options.Epsilon ?? Epsilon,
            StemStride = options.StemStride ?? StemStride,
            StemPooling = options.StemPooling ?? StemPooling,
            StageStrides = options.StageStrides ?? StageStrides,
            StrideOnFirstConvolution = options.StrideOnFirstConvolution ?? StrideOnFirstConvolution,
            ShortcutPadding = options.ShortcutPadding ?? ShortcutPadding,
            PreActivatedShortcut = options.PreActivatedShortcut ?? PreActivatedShortcut,
        };
    }

    internal IEnumerable<ResNetBlock> ListBlocks()
    {
        int inputs = StemChannels;
        for (int stage = 0; stage < BlockCounts.Count; stage++)
        {
            int outputs = Widths?[stage] ?? UsualWidth(stage);
            int inner = InnerWidths?[stage] ?? UsualInnerWidth(stage);
            for (int block = 0; block < BlockCounts[stage]; block++)
            {
                int stride = block > 0 ? 1 : StageStrides?[stage] ?? (stage > 0 ? 2 : 1);
                yield return new ResNetBlock(this, $"layer{stage + 1}.{block}", inputs, inner, outputs, stride);
                inputs = outputs;
            }
        }
    }
}
