namespace ZipIt.Networks;

/// <summary>
/// The largest network that a <see cref="Network"/> can be. Files are made by strangers: whatever they say, a network within these limits has windows, offsets
/// and sizes that fit into 32-bit arithmetic with room to spare, which is what the engine's kernels rely on. Trained networks are far from them.
/// </summary>
public static class NetworkLimits
{
    /// <summary>Largest number of nodes: 10,000.</summary>
    public const int Nodes = 10_000;

    /// <summary>Largest number of inputs of all nodes together: 65,536.</summary>
    public const int Edges = 1 << 16;

    /// <summary>Largest height or width of a feature map with its padding, and largest stride and dilation: 1,048,576 pixels.</summary>
    public const int Extent = 1 << 20;

    /// <summary>Largest number of pixels of a feature map: 67,108,864, as in an image of 8192×8192.</summary>
    public const int Pixels = 1 << 26;

    /// <summary>Largest number of channels of a feature map: 1,048,576.</summary>
    public const int Channels = 1 << 20;

    /// <summary>Largest number of values that a node has for one image: 268,435,456, which is 1 GiB.</summary>
    public const int Values = 1 << 28;

    /// <summary>Largest number of taps of a convolution's kernel: 65,536, as in a kernel of 256×256.</summary>
    public const int Taps = 1 << 16;
}
