using ZipIt.Networks;

namespace ZipIt.TestFramework;

/// <summary>Draws random tensors, layers and networks; the same seed gives the same.</summary>
public sealed class NetworkGenerator(int seed)
{
    private readonly Random _random = new(seed);
    private int _names;

    /// <summary>Normally distributed values.</summary>
    public float[] DrawValues(int count, double deviation = 1, double mean = 0)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(mean + deviation * Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()));
        return values;
    }

    /// <summary>A tensor of normally distributed values.</summary>
    public Tensor DrawTensor(double deviation, params ReadOnlySpan<int> shape)
    {
        var tensor = new Tensor(shape);
        DrawValues(tensor.Length, deviation).CopyTo(tensor.Span);
        return tensor;
    }

    /// <summary>A convolution whose outputs are about as large as its inputs.</summary>
    public Conv2d DrawConv(
        int inputs, int outputs, Size2 kernel, Size2? stride = null, Size2? padding = null, Size2? dilation = null, int groups = 1, bool bias = false)
    {
        double deviation = Math.Sqrt(1.0 / (inputs / groups * kernel.Height * kernel.Width));
        Tensor weight = DrawTensor(deviation, outputs, inputs / groups, kernel.Height, kernel.Width);
        return new Conv2d(weight, bias ? DrawTensor(0.5, outputs) : null, stride, padding, dilation, groups);
    }

    /// <summary>A fully connected layer.</summary>
    public Linear DrawLinear(int inputs, int outputs, bool bias = true) =>
        new(DrawTensor(Math.Sqrt(1.0 / inputs), outputs, inputs), bias ? DrawTensor(0.5, outputs) : null);

    /// <summary>A batch normalization with positive variances, some of them small.</summary>
    public BatchNorm2d DrawNorm(int channels)
    {
        Tensor variance = DrawTensor(0.5, channels);
        foreach (ref float value in variance.Span)
            value = 0.3f + value * value;
        return new BatchNorm2d(DrawTensor(1, channels), DrawTensor(0.5, channels), DrawTensor(0.5, channels), variance);
    }

    /// <summary>A network of any layers in any order, with branches, one or two inputs and one to three heads.</summary>
    /// <param name="layers">Number of layers before the heads.</param>
    public Network DrawNetwork(int layers = 12)
    {
        int height = _random.Next(4, 13);
        int width = _random.Next(4, 13);
        var maps = new List<(Node Node, int Channels, int Height, int Width)>();
        var inputs = new List<Node>();
        for (int i = _random.Next(3) == 0 ? 2 : 1; i > 0; i--)
        {
            int channels = _random.Next(1, 5);
            inputs.Add(new Node(Name("input"), new Input(channels, height, width)));
            maps.Add((inputs[^1], channels, height, width));
        }

        for (int i = 0; i < layers; i++)
            maps.Add(DrawLayer(maps));

        // Each input must be reached: the first head reads the latest map of each size and both inputs.
        var heads = new List<Head>();
        int headCount = _random.Next(1, 4);
        for (int i = 0; i < headCount; i++)
        {
            (Node node, int channels, int h, int w) = maps[^(1 + _random.Next(Math.Min(4, maps.Count)))];
            heads.Add(new Head($"head{i}", DrawTail(node, channels, h, w)));
        }

        Node[] pooled = [.. inputs.Append(maps[^1].Node).Distinct().Select(input => new Node(Name("pool"), new GlobalAveragePool(), input))];
        heads.Add(new Head("all", pooled.Length == 1 ? pooled[0] : new Node(Name("all"), new Concat(), pooled)));
        return new Network([.. heads]);
    }

    private (Node Node, int Channels, int Height, int Width) DrawLayer(List<(Node Node, int Channels, int Height, int Width)> maps)
    {
        (Node node, int channels, int height, int width) = maps[^(1 + Math.Min(_random.Next(4), _random.Next(maps.Count)))];
        switch (_random.Next(13))
        {
            case 0:
            case 1:
            case 2:
                return DrawConvNode(node, channels, height, width);
            case 3:
                Layer norm = channels % 3 == 1 ? new InstanceNorm2d(DrawTensor(1, channels), DrawTensor(0.5, channels), 1e-2f) : DrawNorm(channels);
                return (new Node(Name("norm"), norm, node), channels, height, width);
            case 4:
                Layer perChannel = channels % 2 == 0
                    ? new PReLU(DrawTensor(0.5, channels))
                    : new ChannelAffine(DrawTensor(1, channels), DrawTensor(1, channels));
                return (new Node(Name("channels"), perChannel, node), channels, height, width);
            case 5:
            case 6:
                return (new Node(Name("activation"), DrawActivation(), node), channels, height, width);
            case 7:
                return DrawPool(node, channels, height, width);
            case 8:
            case 9:
                Node[] same = [.. maps.Where(map => (map.Channels, map.Height, map.Width) == (channels, height, width)).Select(map => map.Node)];
                Node[] summands = [node, .. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => same[_random.Next(same.Length)])];
                return (new Node(Name("add"), new Add(), summands), channels, height, width);
            case 10:
                var joined = maps.Where(map => (map.Height, map.Width) == (height, width)).Take(3)
                    .Append((Node: node, Channels: channels, Height: height, Width: width)).ToArray();
                return joined.Length < 2
                    ? DrawConvNode(node, channels, height, width)
                    : (new Node(Name("concat"), new Concat(), [.. joined.Select(map => map.Node)]), joined.Sum(map => map.Channels), height, width);
            case 11:
                int[] sources = [.. Enumerable.Range(0, _random.Next(1, 2 * channels)).Select(_ => _random.Next(channels))];
                return (new Node(Name("gather"), new ChannelGather(sources), node), sources.Length, height, width);
            default:
                return (new Node(Name("softmax"), new Softmax(), node), channels, height, width);
        }
    }

    private (Node Node, int Channels, int Height, int Width) DrawConvNode(Node node, int channels, int height, int width)
    {
        int groups = _random.Next(4) switch { 0 => channels, 1 when channels % 2 == 0 => 2, _ => 1 };
        int outputs = groups * (_random.Next(2) == 0 && groups == channels ? 1 : _random.Next(1, 1 + 40 / groups + 1));
        bool square = _random.Next(2) == 0;
        Size2 kernel = square ? 3 : new Size2(_random.Next(1, 4), _random.Next(1, 4));
        Size2 stride = square && _random.Next(3) > 0 ? 1 : new Size2(_random.Next(1, 3), _random.Next(1, 3));
        Size2 padding = square ? _random.Next(2) : new Size2(_random.Next(2), _random.Next(3));
        Size2 dilation = square ? 1 : new Size2(_random.Next(1, 3), _random.Next(1, 3));
        int outputHeight = (height + 2 * padding.Height - dilation.Height * (kernel.Height - 1) - 1) / stride.Height + 1;
        int outputWidth = (width + 2 * padding.Width - dilation.Width * (kernel.Width - 1) - 1) / stride.Width + 1;
        if (height + 2 * padding.Height <= dilation.Height * (kernel.Height - 1) || width + 2 * padding.Width <= dilation.Width * (kernel.Width - 1))
            (kernel, stride, padding, dilation, outputHeight, outputWidth) = (1, 1, 0, 1, height, width);
        Conv2d conv = DrawConv(channels, outputs, kernel, stride, padding, dilation, groups, _random.Next(2) == 0);
        return (new Node(Name("conv"), conv, node), outputs, outputHeight, outputWidth);
    }

    private (Node Node, int Channels, int Height, int Width) DrawPool(Node node, int channels, int height, int width)
    {
        if (height < 2 || width < 2)
            return (new Node(Name("pool"), new GlobalAveragePool(), node), channels, 1, 1);
        var kernel = new Size2(_random.Next(1, 3), _random.Next(2, 4) == 3 && width > 2 ? 3 : 2);
        var stride = new Size2(_random.Next(1, 3), _random.Next(1, 3));
        var padding = new Size2(_random.Next(kernel.Height / 2 + 1), _random.Next(kernel.Width / 2 + 1));
        bool ceiling = _random.Next(2) == 0;
        Pool2d pool = _random.Next(2) == 0
            ? new MaxPool2d(kernel, stride, padding, ceiling)
            : new AvgPool2d(kernel, stride, padding, ceiling, _random.Next(2) == 0);
        var pooled = new Node(Name("pool"), pool, node);
        int[] shape = ShapeInference.Infer(pooled, [[channels, height, width]]);
        return (pooled, channels, shape[1], shape[2]);
    }

    private Activation DrawActivation() => _random.Next(10) switch
    {
        0 => new Clip(-0.5f, 0.8f),
        1 => new LeakyReLU(0.1f),
        2 => new Tanh(),
        3 => new Sigmoid(),
        4 => new SiLU(),
        5 => new GELU(_random.Next(2) == 0),
        6 => new HardSwish(),
        7 => new ELU(0.7f),
        _ => new ReLU(),
    };

    private Node DrawTail(Node node, int channels, int height, int width)
    {
        var flat = new Node(Name("flatten"), new Flatten(), node);
        int features = channels * height * width;
        switch (_random.Next(3))
        {
            case 0:
                return flat;
            case 1:
                return new Node(Name("linear"), DrawLinear(features, _random.Next(1, 40)), flat);
            default:
                var hidden = new Node(Name("linear"), DrawLinear(features, 20), flat);
                var active = new Node(Name("activation"), DrawActivation(), hidden);
                return new Node(Name("softmax"), new Softmax(), new Node(Name("linear"), DrawLinear(20, 7, false), active));
        }
    }

    private string Name(string kind) => $"{kind}{_names++}";
}
