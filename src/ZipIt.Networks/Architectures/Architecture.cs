namespace ZipIt.Networks;

/// <summary>Builds the network of a checkpoint, whichever of the known architectures it has.</summary>
public static class Architecture
{
    /// <summary>Builds the network of a checkpoint; architecture and sizes are read from its tensors.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="imageSize">Size of the images in pixels; null for what the architecture is made for (32 or 224).</param>
    /// <param name="normalization">First layer of the network, e.g. from pixels 0–255 to normalized ones; null for none.</param>
    /// <param name="headName">Name of the output.</param>
    /// <returns>A network [channels, height, width] → [outputs].</returns>
    /// <exception cref="InvalidDataException">The checkpoint holds no known architecture, or its tensors do not fit; the message names the
    /// file and the tensors.</exception>
    /// <exception cref="ArgumentException">The image size or the normalization does not fit.</exception>
    public static Network FromCheckpoint(
        StateDictionary weights, Size2? imageSize = null, ChannelAffine? normalization = null, string headName = "output")
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (Has(weights, "layer1."))
            return ResNet.FromCheckpoint(weights, imageSize, normalization, headName);
        if (Has(weights, "features."))
            return Vgg.FromCheckpoint(weights, imageSize, normalization, headName);
        throw new InvalidDataException($"'{weights.Source}' holds no known architecture: expected the tensors of a ResNet "
            + "('conv1.weight', 'layer1.0.conv1.weight' …) or of a VGG "
            + $"('features.0.weight' …), found {weights.DescribeNames()}.");
    }

    private static bool Has(StateDictionary weights, string prefix) => weights.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));
}
