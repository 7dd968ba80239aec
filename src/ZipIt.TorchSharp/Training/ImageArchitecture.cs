using ZipIt.Networks;

namespace ZipIt.TorchSharp;

/// <summary>What kind of network is trained.</summary>
public abstract record ImageArchitecture
{
    private protected ImageArchitecture()
    {
    }

    /// <summary>A residual network for small images, of about 32 pixels (He et al. 2016, section 4.2).</summary>
    /// <param name="depth">Number of layers, 6n + 2: 20, 32, 44, 56, 110. 8 and 14 are possible, too.</param>
    /// <param name="width">Multiplier of all channels: the first layers have 16·width.</param>
    /// <exception cref="ArgumentOutOfRangeException">The depth is not 6n + 2, or a number is not positive.</exception>
    public static ImageArchitecture CifarResNet(int depth = 20, int width = 1) => new ResNetArchitecture(ResNetLayout.Cifar(depth, width, shortcutKernel: 1));

    /// <summary>A residual network for larger images, of about 224 pixels, as torchvision builds it (He et al. 2016, table 1).</summary>
    /// <param name="depth">18, 34, 50, 101 or 152.</param>
    /// <exception cref="ArgumentOutOfRangeException">The depth is another one.</exception>
    public static ImageArchitecture ResNet(int depth = 18) => new ResNetArchitecture(ResNetLayout.ImageNet(depth));

    /// <summary>
    /// A VGG network with batch normalization (Simonyan &amp; Zisserman 2015); for images of 32 to 63 pixels with a single layer behind the features, for
    /// those of 224 to 255 with three.
    /// </summary>
    /// <param name="depth">11, 13, 16 or 19.</param>
    /// <param name="channels">Channels of the first layer, at most 1,024; later ones have 2, 4, 8 and 8 times as many.</param>
    /// <exception cref="ArgumentOutOfRangeException">The depth is another one, or the number of channels is out of range.</exception>
    public static ImageArchitecture Vgg(int depth = 11, int channels = 64)
    {
        const int MostChannels = 1024;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, MostChannels);
        return new VggArchitecture(VggLayout.Cifar(depth) with { Channels = channels });
    }

    /// <summary>The network with weights to begin with.</summary>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="channels">Channels of the images.</param>
    /// <param name="imageSize">Size of the images in pixels.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="normalization">The first layer.</param>
    /// <param name="headName">Name of the output.</param>
    /// <exception cref="ArgumentException">The images are too small, or of a size that the architecture cannot take.</exception>
    internal Network Create(int seed, int channels, Size2 imageSize, int outputs, ChannelAffine normalization, string headName) =>
        InitialWeights.Draw(CreateUntrained(channels, imageSize, outputs, normalization, headName), seed);

    private protected abstract Network CreateUntrained(int channels, Size2 imageSize, int outputs, ChannelAffine normalization, string headName);

    private sealed record ResNetArchitecture(ResNetLayout Layout) : ImageArchitecture
    {
        public override string ToString() => $"{Layout}";

        private protected override Network CreateUntrained(int channels, Size2 imageSize, int outputs, ChannelAffine normalization, string headName) =>
            Networks.ResNet.Random(0, Layout with { ImageChannels = channels, Outputs = outputs }, imageSize, normalization, headName);
    }

    private sealed record VggArchitecture(VggLayout Layout) : ImageArchitecture
    {
        private const int LargestSmallImage = 63;
        private const int HiddenWidth = 4096;

        public override string ToString() => $"{Layout}";

        private protected override Network CreateUntrained(int channels, Size2 imageSize, int outputs, ChannelAffine normalization, string headName)
        {
            bool isSmall = imageSize.Height <= LargestSmallImage && imageSize.Width <= LargestSmallImage;
            VggLayout layout = Layout with { ImageChannels = channels, Outputs = outputs, HiddenWidth = isSmall ? 0 : HiddenWidth };
            return Networks.Vgg.Random(0, layout, imageSize, normalization, headName);
        }
    }
}
