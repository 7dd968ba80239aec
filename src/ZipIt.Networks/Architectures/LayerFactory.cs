namespace ZipIt.Networks;

/// <summary>Makes layers from the tensors of a checkpoint by the name of their module.</summary>
internal static class LayerFactory
{
    /// <summary>A convolution, padded so that its windows are centered on pixels, if not otherwise said.</summary>
    public static Node Conv(StateDictionary weights, string module, Node input, int stride = 1, int groups = 1, int? padding = null)
    {
        Tensor weight = weights[module + ".weight"];
        weights.TryGetValue(module + ".bias", out Tensor? bias);
        return new Node(module, new Conv2d(weight, bias, stride, padding ?? new Size2(weight[2] / 2, weight[3] / 2), groups: groups), input);
    }

    public static Node Norm(StateDictionary weights, string module, Node input, float epsilon = BatchNorm2d.DefaultEpsilon)
    {
        Tensor scale = weights[module + ".weight"], shift = weights[module + ".bias"];
        return new Node(module, new BatchNorm2d(scale, shift, weights[module + ".running_mean"], weights[module + ".running_var"], epsilon), input);
    }

    public static Node Linear(StateDictionary weights, string module, Node input) =>
        new(module, new Linear(weights[module + ".weight"], weights[module + ".bias"]), input);

    /// <summary>The mean over all pixels, and the last layer on it.</summary>
    public static Network Classify(StateDictionary weights, string module, Node input, string headName)
    {
        var pooled = new Node("flatten", new Flatten(), new Node("avgpool", new GlobalAveragePool(), input));
        return new Network(new Head(headName, Linear(weights, module, pooled)));
    }

    /// <summary>The input and, if there is one, the normalization behind it.</summary>
    public static Node Input(int channels, Size2 imageSize, ChannelAffine? normalization)
    {
        if (imageSize.Height < 1 || imageSize.Width < 1)
            throw new ArgumentOutOfRangeException(nameof(imageSize), $"Expected a positive image size, found {imageSize}.");
        if (normalization is not null && normalization.Channels != channels)
        {
            throw new ArgumentException($"The normalization is for {normalization.Channels} channels, the network's images have "
                + $"{channels}.", nameof(normalization));
        }

        var input = new Node("input", new Input(channels, imageSize.Height, imageSize.Width));
        return normalization is null ? input : new Node("normalization", normalization, input);
    }
}
