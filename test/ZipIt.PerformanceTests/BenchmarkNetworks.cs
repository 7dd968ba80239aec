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
        "resnet20x4-7of20" => Branch(Create("resnet20x4"), "layer1.2.relu2"),
        "resnet20x4-13of20" => Branch(Create("resnet20x4"), "layer2.2.relu2"),
        "vgg11" => Vgg.Random(1, VggLayout.Cifar(11), 32),
        _ => throw new ArgumentException($"Expected resnet20x1, resnet20x4 (also -7of20, -13of20), resnet50 or vgg11, found '{name}'.", nameof(name)),
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

    /// <summary>The network as a partial zip of two looks: shared up to a node, then one tail for each of two tasks, each behind a gather.</summary>
    private static Network Branch(Network network, string cut)
    {
        var heads = new List<Head>();
        foreach (string task in (string[])["a", "b"])
        {
            Node shared = network[cut];
            int channels = network.ShapeOf(shared)[0];
            var gather = new Node($"{task}.gather", new ChannelGather([.. Enumerable.Range(0, channels)]), shared);
            var tail = new Dictionary<Node, Node>(ReferenceEqualityComparer.Instance) { [shared] = gather };
            foreach (Node node in network.Nodes.Skip(network.IndexOf(shared) + 1))
                tail[node] = new Node($"{task}.{node.Name}", node.Layer, [.. node.Inputs.Select(input => tail[input])]);
            heads.Add(new Head(task, tail[network.Heads[0].Node]));
        }

        return new Network([.. heads]);
    }
}
