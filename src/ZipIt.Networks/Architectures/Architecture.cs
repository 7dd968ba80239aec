namespace ZipIt.Networks;

/// <summary>Builds the network of a checkpoint, whichever of the known architectures it has.</summary>
public static class Architecture
{
    private static readonly Family[] Families =
    [
        new("a ResNet ('conv1.weight', 'layer1.0.conv1.weight' …)", ResNet.IsLike, ResNet.FromCheckpoint, weights => $"{ResNet.Detect(weights)}"),
        new("a MobileNetV2 ('features.1.conv.0.0.weight' …)", MobileNetV2.IsLike, MobileNetV2.FromCheckpoint, _ => "MobileNetV2"),
        new("a SqueezeNet ('features.3.squeeze.weight' …)", SqueezeNet.IsLike, SqueezeNet.FromCheckpoint, _ => "SqueezeNet"),
        new("a DenseNet ('features.denseblock1.denselayer1.conv1.weight' …)", DenseNet.IsLike, DenseNet.FromCheckpoint, weights => DenseNet.Describe(weights)),
        new("a SinGAN's generator ('head.conv.weight', 'tail.0.weight')", SinGan.IsLike, SinGan.FromCheckpoint, _ => "SinGAN"),
        new("a VGG ('features.0.weight' …)", Vgg.IsLike, Vgg.FromCheckpoint, weights => $"{Vgg.Detect(weights)}"),
    ];

    /// <summary>Builds the network of a checkpoint; architecture and sizes are read from its tensors.</summary>
    /// <remarks>
    /// What no tensor tells, such as a pooling behind the first convolution or another activation than ReLU, is as usual, unless <paramref name="options"/> say
    /// otherwise. A network that was built in another way then gives wrong outputs, without an error: compare some with those of the program that trained it.
    /// </remarks>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="imageSize">Size of the images in pixels; null for what the architecture is made for (32 or 224).</param>
    /// <param name="normalization">First layer of the network, e.g. from pixels 0–255 to normalized ones; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    /// <param name="options">What no tensor tells; null for the usual.</param>
    /// <returns>A network [channels, height, width] → [outputs].</returns>
    /// <exception cref="InvalidDataException">The checkpoint holds no known architecture, or its tensors do not fit; the message names the
    /// file and the tensors.</exception>
    /// <exception cref="ArgumentException">The image size, the normalization or an option does not fit.</exception>
    public static Network FromCheckpoint(
        StateDictionary weights, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output", ArchitectureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        (Family family, StateDictionary own) = Find(weights);
        return family.Build(own, imageSize, normalization, headName, options);
    }

    /// <summary>The name of a checkpoint's architecture, e.g. <c>ResNet-20×1</c> or <c>VGG-16 with batch normalization</c>.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <exception cref="InvalidDataException">The checkpoint holds no known architecture; the message names the file and the tensors.</exception>
    public static string Describe(StateDictionary weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        (Family family, StateDictionary own) = Find(weights);
        return family.Describe(own);
    }

    /// <summary>
    /// The architecture, and the tensors that are its own: a network inside a module of any name is found too, if nothing beside it has layers.
    /// </summary>
    private static (Family Family, StateDictionary Weights) Find(StateDictionary weights)
    {
        WeightCheck.CheckReadable(weights);
        if (FindFamily(weights) is { } direct)
            return (direct, weights);
        string[] modules = [.. weights.Where(pair => pair.Value.Rank >= 2 && pair.Key.Contains('.')).Select(pair => pair.Key[..pair.Key.IndexOf('.')])
            .Distinct().Take(100)];
        (string Module, StateDictionary Weights, Family? Family)[] known =
            [.. modules.Select(module => (Module: module, Weights: weights.Within(module)))
                .Select(part => (part.Module, part.Weights, Family: FindFamily(part.Weights)))
                .Where(part => part.Family is not null)];
        if (known is [{ Family: { } only } part] && modules.Length == 1)
            return (only, part.Weights);
        if (known.Length > 0)
        {
            throw new InvalidDataException($"'{weights.Source}' holds {(known.Length == 1 ? "a network" : "networks")} among other layers: {NameList.Format([.. known.Select(part => part.Module)])} of "
                + $"{NameList.Format(modules)}. Choose one by its name (entry: \"{NameList.Shorten(known[0].Module)}\").");
        }

        throw new InvalidDataException($"'{weights.Source}' holds no known architecture: expected the tensors of {string.Join(", ", Families[..^1].Select(family => family.Expected))} or of "
            + $"{Families[^1].Expected}, found {weights.DescribeNames()}. Other networks can be exported to ONNX and read with ZipIt.Onnx.");
    }

    private static Family? FindFamily(StateDictionary weights) => Array.Find(Families, family => family.IsLike(weights));

    /// <summary>A family of networks.</summary>
    /// <param name="Expected">What its checkpoints hold, for messages.</param>
    /// <param name="IsLike">Whether a checkpoint looks like one.</param>
    /// <param name="Build">Builds the network.</param>
    /// <param name="Describe">Names the network.</param>
    private sealed record Family(
        string Expected, Func<StateDictionary, bool> IsLike, Func<StateDictionary, Size2?, ChannelAffine?, string, ArchitectureOptions?, Network> Build,
        Func<StateDictionary, string> Describe);
}
