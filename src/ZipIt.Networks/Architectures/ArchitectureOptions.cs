namespace ZipIt.Networks;

/// <summary>
/// What the names and shapes of a checkpoint's tensors cannot tell, and what its network was built with: another value than the usual one gives other outputs,
/// without any error. Null stands for what the architecture usually has.
/// </summary>
public sealed record ArchitectureOptions
{
    /// <summary>The activation in all places; null for that of the architecture (ReLU, in MobileNetV2 ReLU6).</summary>
    public Activation? Activation { get; init; }

    /// <summary>ε of all batch normalizations; null for 1e-5.</summary>
    public float? Epsilon { get; init; }

    /// <summary>Stride of the first convolution; null for 1 with a small kernel (in MobileNetV2 2) and 2 with one of 7×7.</summary>
    public int? StemStride { get; init; }

    /// <summary>
    /// Whether a maximum pooling (3×3, stride 2) follows the first convolution; null for yes with a kernel of 7×7 and no with a smaller one. ResNets for CIFAR
    /// that were made from torchvision's often keep the pooling behind a kernel of 3×3, or lack it behind one of 7×7.
    /// </summary>
    public bool? StemPooling { get; init; }

    /// <summary>Stride of the first block of each stage; null for the architecture's (1, 2, 2 … in a ResNet; 1, 2, 2, 2, 1, 2, 1 in MobileNetV2).</summary>
    public IReadOnlyList<int>? StageStrides { get; init; }

    /// <summary>
    /// Whether the stride of a ResNet's bottleneck sits on its first convolution (1×1), as in the original paper and in networks converted from Caffe; null for
    /// the second (3×3), as in torchvision.
    /// </summary>
    public bool? StrideOnFirstConvolution { get; init; }

    /// <summary>Where shortcuts without weights put the channels that they add; null for <see cref="ChannelPadding.Centered"/>.</summary>
    public ChannelPadding? ShortcutPadding { get; init; }

    /// <summary>
    /// Whether the projections of a pre-activation ResNet take the block's input after its first normalization and activation, rather than as it is; null for
    /// what networks with these names do.
    /// </summary>
    public bool? PreActivatedShortcut { get; init; }

    /// <summary>Makes sure that an architecture knows the options that are set.</summary>
    /// <exception cref="ArgumentException">It does not, or a value is out of range; the message names architecture and option.</exception>
    internal void Check(string architecture, params ReadOnlySpan<string> known)
    {
        (string Name, object? Value)[] all =
        [
            (nameof(Activation), Activation), (nameof(Epsilon), Epsilon), (nameof(StemStride), StemStride), (nameof(StemPooling), StemPooling),
            (nameof(StageStrides), StageStrides), (nameof(StrideOnFirstConvolution), StrideOnFirstConvolution), (nameof(ShortcutPadding), ShortcutPadding),
            (nameof(PreActivatedShortcut), PreActivatedShortcut),
        ];
        foreach ((string name, object? value) in all)
        {
            if (value is not null && !known.Contains(name))
                throw new ArgumentException($"The option {name} means nothing for {architecture}.", "options");
        }

        if (Epsilon is { } epsilon && !(epsilon > 0 && float.IsFinite(epsilon)))
            throw new ArgumentException($"Expected a positive {nameof(Epsilon)}, found {epsilon}.", "options");
        if (StemStride is < 1)
            throw new ArgumentException($"Expected a positive {nameof(StemStride)}, found {StemStride}.", "options");
        if (StageStrides is { } strides && strides.Any(stride => stride < 1))
            throw new ArgumentException($"Expected positive {nameof(StageStrides)}, found {string.Join(", ", strides)}.", "options");
        if (ShortcutPadding is { } padding && !Enum.IsDefined(padding))
            throw new ArgumentException($"{nameof(ShortcutPadding)} {padding} is not known.", "options");
    }

    /// <summary>Makes sure that there is one stride for each stage.</summary>
    /// <exception cref="ArgumentException">There is not.</exception>
    internal void CheckStages(string architecture, int stages)
    {
        if (StageStrides is { } strides && strides.Count != stages)
            throw new ArgumentException($"{architecture} has {stages} stages; {strides.Count} {nameof(StageStrides)} were given.", "options");
    }
}
