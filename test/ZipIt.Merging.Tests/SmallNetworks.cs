using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

/// <summary>Small random networks of every shape that merging must cope with, and images for them; features are alive, and all different.</summary>
internal static class SmallNetworks
{
    private const int Extent = 8;
    private const int ImageCount = 24;

    public static readonly string[] Kinds = ["residual", "bottleneck", "preactivation", "dense", "depthwise", "vgg", "prelu", "instance"];

    /// <summary>A network [3, 8, 8] → [outputs]; its batch normalization fits <see cref="Images"/>.</summary>
    public static Network Draw(string kind, int seed, int outputs = 5, ChannelAffine? normalization = null)
    {
        var draw = new NetworkGenerator(seed);
        var input = new Node("input", new Input(3, Extent, Extent));
        Node x = normalization is null ? input : new Node("normalization", normalization, input);
        x = kind switch
        {
            "residual" => DrawResidual(draw, x),
            "bottleneck" => DrawBottleneck(draw, x),
            "preactivation" => DrawPreActivation(draw, x),
            "dense" => DrawDense(draw, x),
            "depthwise" => DrawDepthwise(draw, x),
            "vgg" => DrawVgg(draw, x),
            "prelu" => DrawPReLU(draw, x),
            "instance" => DrawInstance(draw, x),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind."),
        };
        int features = x.Layer is GELU ? 14 : ChannelsOf(x);
        var network = new Network(new Head("output", new Node("head", draw.DrawLinear(features, outputs), x)));
        return BatchNormReset.Apply(network, Images, new CpuEngine(), ImageCount, threads: 1);
    }

    /// <summary>The same trunk with a head of its own.</summary>
    public static Network WithHead(Network network, int seed, int outputs)
    {
        Node head = network.Heads[0].Node;
        Linear linear = new NetworkGenerator(seed).DrawLinear(((Linear)head.Layer).Inputs, outputs);
        return network.Replace(node => node == head ? linear : node.Layer);
    }

    public static InMemoryImages Images { get; } = new(new NetworkGenerator(7).DrawTensor(1, ImageCount, 3, Extent, Extent));

    /// <summary>Outputs of one head for all images.</summary>
    public static float[] Run(Network network, int head = 0)
    {
        ImageBatch batch = Images.ReadBatches(ImageCount).Single();
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = batch.Count, Threads = 1 });
        session.Run(batch.Pixels.Span, batch.Count);
        return session.GetOutput(head).ToArray();
    }

    /// <summary>Whether outputs agree within a thousandth of their range.</summary>
    public static bool AreClose(float[] actual, float[] expected)
    {
        float range = expected.Max() - expected.Min();
        return actual.Length == expected.Length && actual.Zip(expected, (a, b) => Math.Abs(a - b)).Max() <= 1e-3f * range;
    }

    /// <summary>
    /// The same function with the channels of every inner feature space in another order.
    /// </summary>
    public static Network Permute(Network network, int seed)
    {
        var random = new Random(seed);
        FeatureSpaces spaces = FeatureSpaces.Find(network);
        int[][] orders = [.. spaces.Select(space =>
        {
            int[] order = [.. Enumerable.Range(0, space.Width)];
            if (!space.IsInput && !space.IsOutput && space.Obstacle is null)
                random.Shuffle(order);
            return order;
        })];
        return network.Replace(node =>
        {
            int[] outputs = OrderOf(node);
            return node.Layer switch
            {
                Conv2d conv when conv.Groups > 1 => conv.With(Pick(conv.Weight, outputs), conv.Bias is null ? null : Pick(conv.Bias, outputs)),
                Conv2d conv => conv.With(PickInputs(Pick(conv.Weight, outputs), OrderOf(node.Inputs[0])), conv.Bias is null ? null : Pick(conv.Bias, outputs)),
                Linear linear => new Linear(PickInputs(Pick(linear.Weight, outputs), OrderOf(node.Inputs[0])), linear.Bias is null
                ? null
                : Pick(linear.Bias, outputs)),
                BatchNorm2d norm => new BatchNorm2d(Pick(norm.Weight, outputs), Pick(norm.Bias, outputs), Pick(norm.Mean, outputs),
                Pick(norm.Variance, outputs), norm.Epsilon),
                PReLU prelu => new PReLU(Pick(prelu.Slope, outputs)),
                InstanceNorm2d norm => new InstanceNorm2d(Pick(norm.Weight, outputs), Pick(norm.Bias, outputs), norm.Epsilon),
                Layer layer => layer,
            };
        });

        int[] OrderOf(Node node)
        {
            var order = new List<int>();
            int start = 0;
            foreach (ChannelSegment segment in spaces.LayoutOf(node))
            {
                foreach (int channel in orders[segment.Space])
                    order.AddRange(Enumerable.Range(start + channel * segment.Repeats, segment.Repeats));
                start += segment.Length;
            }

            return [.. order];
        }
    }

    private static Tensor Pick(Tensor tensor, int[] rows)
    {
        var picked = new Tensor(tensor.Shape);
        int length = tensor.Length / tensor[0];
        for (int i = 0; i < rows.Length; i++)
            tensor.Span.Slice(rows[i] * length, length).CopyTo(picked.Span.Slice(i * length, length));
        return picked;
    }

    private static Tensor PickInputs(Tensor weight, int[] columns)
    {
        var picked = new Tensor(weight.Shape);
        int taps = weight.Length / (weight[0] * weight[1]);
        for (int o = 0; o < weight[0]; o++)
        {
            for (int i = 0; i < columns.Length; i++)
                weight.Span.Slice((o * weight[1] + columns[i]) * taps, taps).CopyTo(picked.Span.Slice((o * weight[1] + i) * taps, taps));
        }

        return picked;
    }

    private static int ChannelsOf(Node node) => node.Layer switch
    {
        Conv2d conv => conv.OutputChannels,
        BatchNorm2d norm => norm.Channels,
        Concat => node.Inputs.Sum(ChannelsOf),
        Input input => input.Channels,
        _ => ChannelsOf(node.Inputs[0]),
    };

    private static Node DrawResidual(NetworkGenerator draw, Node x)
    {
        x = Activated("relu", new ReLU(), Norm(draw, "bn1", Conv(draw, "conv1", x, 8, 3)));
        x = Block(draw, "layer1.0", x, 8, 1);
        x = Block(draw, "layer1.1", x, 8, 1);
        x = Block(draw, "layer2.0", x, 12, 2);
        x = Block(draw, "layer2.1", x, 12, 1);
        return Flat(new Node("avgpool", new GlobalAveragePool(), x));
    }

    private static Node Block(NetworkGenerator draw, string name, Node x, int channels, int stride)
    {
        Node y = Activated($"{name}.relu1", new ReLU(), Norm(draw, $"{name}.bn1", Conv(draw, $"{name}.conv1", x, channels, 3, stride)));
        y = Norm(draw, $"{name}.bn2", Conv(draw, $"{name}.conv2", y, channels, 3));
        Node skip = stride == 1 ? x : Norm(draw, $"{name}.shortcut.1", Conv(draw, $"{name}.shortcut.0", x, channels, 1, stride));
        return Activated($"{name}.relu2", new ReLU(), new Node($"{name}.add", new Add(), y, skip));
    }

    private static Node DrawBottleneck(NetworkGenerator draw, Node x)
    {
        x = Activated("relu", new ReLU(), Norm(draw, "bn1", Conv(draw, "conv1", x, 6, 3)));
        x = new Node("maxpool", new MaxPool2d(3, 1, 1), x);
        for (int block = 0; block < 3; block++)
        {
            string name = $"layer1.{block}";
            Node y = Activated($"{name}.relu1", new SiLU(), Norm(draw, $"{name}.bn1", Conv(draw, $"{name}.conv1", x, 5, 1)));
            y = Activated($"{name}.relu2", new LeakyReLU(0.1f), Norm(draw, $"{name}.bn2", Conv(draw, $"{name}.conv2", y, 5, 3, block == 2 ? 2 : 1)));
            y = Norm(draw, $"{name}.bn3", Conv(draw, $"{name}.conv3", y, 14, 1));
            Node skip = block == 1 ? x : Norm(draw, $"{name}.downsample.1", Conv(draw, $"{name}.downsample.0", x, 14, 1, block == 2 ? 2 : 1));
            x = Activated($"{name}.relu3", new ReLU(), new Node($"{name}.add", new Add(), skip, y));
        }

        return Flat(new Node("avgpool", new GlobalAveragePool(), x));
    }

    private static Node DrawPreActivation(NetworkGenerator draw, Node x)
    {
        x = Conv(draw, "conv1", x, 8, 3);
        for (int block = 0; block < 3; block++)
        {
            string name = $"block{block}";
            Node y = Activated($"{name}.relu1", new ReLU(), Norm(draw, $"{name}.bn1", x));
            y = Activated($"{name}.relu2", new Tanh(), Norm(draw, $"{name}.bn2", Conv(draw, $"{name}.conv1", y, 7, 3)));
            x = new Node($"{name}.add", new Add(), x, Conv(draw, $"{name}.conv2", y, 8, 3));
        }

        x = Activated("relu", new ReLU(), Norm(draw, "bn", x));
        return Flat(new Node("avgpool", new GlobalAveragePool(), x));
    }

    private static Node DrawDense(NetworkGenerator draw, Node x)
    {
        x = Conv(draw, "conv0", x, 6, 3);
        for (int layer = 1; layer <= 3; layer++)
        {
            Node y = Activated($"relu{layer}", new ReLU(), Norm(draw, $"norm{layer}", x));
            x = new Node($"concat{layer}", new Concat(), x, Conv(draw, $"conv{layer}", y, 4, 3));
        }

        x = Activated("relu4", new Sigmoid(), Norm(draw, "norm4", x));
        x = new Node("pool", new AvgPool2d(2), Conv(draw, "transition", x, 9, 1));
        x = Activated("relu5", new ReLU(), Norm(draw, "norm5", x));
        return Flat(new Node("avgpool", new GlobalAveragePool(), x));
    }

    private static Node DrawDepthwise(NetworkGenerator draw, Node x)
    {
        x = Activated("relu0", new Clip(0, 6), Norm(draw, "bn0", Conv(draw, "conv0", x, 8, 3)));
        for (int layer = 1; layer <= 2; layer++)
        {
            int channels = ChannelsOf(x);
            x = new Node($"depthwise{layer}", draw.DrawConv(channels, channels, 3, layer, 1, groups: channels, bias: layer == 2), x);
            x = Activated($"relu{layer}", new Clip(0, 6), Norm(draw, $"bn{layer}", x));
            x = Norm(draw, $"projection{layer}.bn", Conv(draw, $"projection{layer}", x, 8 + 2 * layer, 1));
        }

        return Flat(new Node("avgpool", new GlobalAveragePool(), Activated("relu", new ReLU(), x)));
    }

    private static Node DrawVgg(NetworkGenerator draw, Node x)
    {
        x = Activated("relu1", new LeakyReLU(0.2f), new Node("conv1", draw.DrawConv(3, 6, 3, 1, 1, bias: true), x));
        x = new Node("pool1", new MaxPool2d(2), x);
        x = Activated("relu2", new LeakyReLU(0.2f), new Node("conv2", draw.DrawConv(6, 8, 3, 1, 1, bias: true), x));
        x = new Node("pool2", new AvgPool2d(2), x);
        x = new Node("linear1", draw.DrawLinear(32, 16), Flat(x));
        x = new Node("linear2", draw.DrawLinear(16, 14), Activated("relu3", new LeakyReLU(0.2f), x));
        return Activated("relu4", new GELU(false), x);
    }

    private static Node DrawPReLU(NetworkGenerator draw, Node x)
    {
        x = Slopes(draw, "prelu1", Norm(draw, "bn1", Conv(draw, "conv1", x, 6, 3)));
        Node skip = Conv(draw, "shortcut", x, 8, 1, 2);
        x = Slopes(draw, "prelu2", Conv(draw, "conv2", x, 8, 3, 2));
        x = Slopes(draw, "prelu3", new Node("add", new Add(), Norm(draw, "bn3", Conv(draw, "conv3", x, 8, 3)), skip));
        x = new Node("linear1", draw.DrawLinear(8 * 4, 14), Flat(new Node("pool", new MaxPool2d(2), x)));
        return Activated("gelu", new GELU(), Slopes(draw, "prelu4", x, 14));
    }

    private static Node DrawInstance(NetworkGenerator draw, Node x)
    {
        x = Activated("relu1", new ReLU(), Instance(draw, "norm1", Conv(draw, "conv1", x, 8, 3)));
        Node y = Activated("relu2", new ReLU(), Instance(draw, "norm2", Conv(draw, "conv2", x, 6, 3)));
        x = Activated("relu3", new ReLU(), new Node("add", new Add(), x, Instance(draw, "norm3", Conv(draw, "conv3", y, 8, 3))));
        return Flat(new Node("avgpool", new GlobalAveragePool(), Activated("relu4", new ReLU(), Conv(draw, "conv4", x, 10, 1, 2))));
    }

    private static Node Instance(NetworkGenerator draw, string name, Node x)
    {
        var norm = (BatchNorm2d)Norm(draw, name, x).Layer;
        return new Node(name, new InstanceNorm2d(norm.Weight, norm.Bias), x);
    }

    private static Node Slopes(NetworkGenerator draw, string name, Node x, int? channels = null) =>
        new(name, new PReLU(draw.DrawTensor(0.3, channels ?? ChannelsOf(x))), x);

    private static Node Conv(NetworkGenerator draw, string name, Node x, int outputs, int kernel, int stride = 1) =>
        new(name, draw.DrawConv(ChannelsOf(x), outputs, kernel, stride, kernel / 2), x);

    private static Node Norm(NetworkGenerator draw, string name, Node x)
    {
        int channels = ChannelsOf(x);
        Tensor weight = draw.DrawTensor(0.2, channels);
        foreach (ref float value in weight.Span)
            value += 1;
        var ones = new Tensor(channels);
        ones.Span.Fill(1);
        return new Node(name, new BatchNorm2d(weight, draw.DrawTensor(0.3, channels), new Tensor(channels), ones), x);
    }

    private static Node Activated(string name, Activation activation, Node x) => new(name, activation, x);

    private static Node Flat(Node x) => new("flatten", new Flatten(), x);
}
