using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>The networks whose speed is compared with PyTorch's, with random weights.</summary>
internal static class BenchmarkNetworks
{
    /// <summary>Makes a network by its name in the tables.</summary>
    public static Network Create(string name) => name switch
    {
        "resnet20x1" => ResNet.Random(1, ResNetLayout.Cifar(20), 32),
        "resnet20x4" => ResNet.Random(1, ResNetLayout.Cifar(20, 4), 32),
        "resnet50" => ResNet.Random(1, ResNetLayout.ImageNet(50), 224),
        "vgg11" => Vgg.Random(1, VggLayout.Cifar(11), 32),
        _ => throw new ArgumentException($"Expected resnet20x1, resnet20x4, resnet50 or vgg11, found '{name}'.", nameof(name)),
    };

    /// <summary>Random images for a network's only input.</summary>
    public static float[] DrawImages(Network network, int batch)
    {
        int size = 1;
        foreach (int extent in network.ShapeOf(network.Inputs[0]))
            size *= extent;
        var random = new Random(1);
        var images = new float[batch * size];
        for (int i = 0; i < images.Length; i++)
            images[i] = (float)(2 * random.NextDouble() - 1);
        return images;
    }
}
