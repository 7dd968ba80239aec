namespace ZipIt.Networks;

/// <summary>Makes layers from the tensors of a checkpoint by the name of their module.</summary>
internal static class LayerFactory
{
    public static Node Conv(StateDictionary weights, string module, Node input, int stride = 1)
    {
        Tensor weight = weights[module + ".weight"];
        weights.TryGetValue(module + ".bias", out Tensor? bias);
        return new Node(module, new Conv2d(weight, bias, stride, new Size2(weight[2] / 2, weight[3] / 2)), input);
    }

    public static Node Norm(StateDictionary weights, string module, Node input)
    {
        Tensor scale = weights[module + ".weight"], shift = weights[module + ".bias"];
        return new Node(module, new BatchNorm2d(scale, shift, weights[module + ".running_mean"], weights[module + ".running_var"]), input);
    }

    public static Node Linear(StateDictionary weights, string module, Node input) =>
        new(module, new Linear(weights[module + ".weight"], weights[module + ".bias"]), input);

    public static Node ReLU(string name, Node input) => new(name, new ReLU(), input);

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
