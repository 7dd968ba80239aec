using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>The networks whose speed is measured, with random weights.</summary>
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
        "mobilenetv2" => MobileNetV2(),
        "resnext50" => ResNeXt50(),
        _ => throw new ArgumentException(
            $"Expected resnet20x1, resnet20x4 (also -7of20, -13of20), resnet50, resnext50, vgg11 or mobilenetv2, found '{name}'.", nameof(name)),
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

    /// <summary>ResNet-50 for 224 pixels in which the 3×3 convolutions of all blocks have twice the channels, in 32 groups (Xie et al., 2017, table 1).</summary>
    private static Network ResNeXt50()
    {
        var random = new Random(1);
        int count = 0;

        Node Convolve(Node input, int inputs, int outputs, int kernel, int stride = 1, int groups = 1)
        {
            var weight = new Tensor(outputs, inputs / groups, kernel, kernel);
            double bound = Math.Sqrt(3.0 / (inputs / groups * kernel * kernel));
            foreach (ref float value in weight.Span)
                value = (float)(bound * (2 * random.NextDouble() - 1));
            return new Node($"conv{count++}", new Conv2d(weight, new Tensor(outputs), stride, kernel / 2, null, groups), input);
        }

        Node Activate(Node input) => new($"relu{count}", new ReLU(), input);

        Node x = Activate(Convolve(new Node("image", new Input(3, 224, 224)), 3, 64, 7, 2));
        x = new Node("maxpool", new MaxPool2d(3, 2, 1), x);
        int inputs = 64;
        foreach ((int width, int blocks, int stride) in ((int, int, int)[])[(128, 3, 1), (256, 4, 2), (512, 6, 2), (1024, 3, 2)])
        {
            for (int block = 0; block < blocks; block++)
            {
                int step = block == 0 ? stride : 1;
                Node start = block == 0 ? Convolve(x, inputs, 2 * width, 1, step) : x;
                x = Activate(Convolve(x, inputs, width, 1));
                x = Activate(Convolve(x, width, width, 3, step, 32));
                x = Activate(new Node($"add{count}", new Add(), Convolve(x, width, 2 * width, 1), start));
                inputs = 2 * width;
            }
        }

        x = new Node("flatten", new Flatten(), new Node("pool", new GlobalAveragePool(), x));
        return new Network(new Head("output", new Node("classifier", new Linear(new Tensor(1000, inputs), new Tensor(1000)), x)));
    }

    /// <summary>MobileNetV2 of width 1 for 224 pixels (Sandler et al., 2018, table 2).</summary>
    private static Network MobileNetV2()
    {
        (int Expansion, int Channels, int Blocks, int Stride)[] stages =
            [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];
        var random = new Random(1);
        int count = 0;
        Tensor Draw(int[] shape, double low, double high)
        {
            var tensor = new Tensor(shape);
            foreach (ref float value in tensor.Span)
                value = (float)(low + (high - low) * random.NextDouble());
            return tensor;
        }

        Node Convolve(Node input, int inputs, int outputs, int kernel, int stride = 1, int groups = 1)
        {
            double bound = Math.Sqrt(6.0 / (inputs / groups * kernel * kernel));
            var conv = new Conv2d(Draw([outputs, inputs / groups, kernel, kernel], -bound, bound), null, stride, kernel / 2, null, groups);
            var norm = new BatchNorm2d(Draw([outputs], 0.7, 1.3), Draw([outputs], -0.1, 0.1), Draw([outputs], -0.1, 0.1), Draw([outputs], 0.5, 1.5));
            return new Node($"norm{count}", norm, new Node($"conv{count++}", conv, input));
        }

        Node Activate(Node input) => new($"clip{count}", new Clip(0, 6), input);

        Node x = Activate(Convolve(new Node("image", new Input(3, 224, 224)), 3, 32, 3, 2));
        int inputs = 32;
        foreach ((int expansion, int channels, int blocks, int stride) in stages)
        {
            for (int block = 0; block < blocks; block++)
            {
                Node start = x;
                int inner = inputs * expansion, step = block == 0 ? stride : 1;
                if (expansion > 1)
                    x = Activate(Convolve(x, inputs, inner, 1));
                x = Activate(Convolve(x, inner, inner, 3, step, inner));
                x = Convolve(x, inner, channels, 1);
                if (step == 1 && inputs == channels)
                    x = new Node($"add{count}", new Add(), start, x);
                inputs = channels;
            }
        }

        x = Activate(Convolve(x, inputs, 1280, 1));
        x = new Node("flatten", new Flatten(), new Node("pool", new GlobalAveragePool(), x));
        return new Network(new Head("output", new Node("classifier", new Linear(Draw([1000, 1280], -0.05, 0.05), Draw([1000], -0.1, 0.1)), x)));
    }
}
