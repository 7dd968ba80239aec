using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

/// <summary>Small random networks with every kind of layer that the refit handles, and images for them.</summary>
internal static class RefitNetworks
{
    /// <summary>
    /// Strided and padded convolutions, normalization, a depthwise convolution, a residual sum with a shortcut, several activations, and two Linear layers.
    /// </summary>
    public static Network Create(int seed, Activation? activation = null, int extent = 9)
    {
        var random = new Random(seed);
        var image = new Node("image", new Input(3, extent, extent));
        Node stem = Act("stem", Norm("stem", Conv("stem.conv", image, 3, 6, 3, 1, 1)));
        Node depthwise = Act("depthwise", Norm("depthwise", Conv("depthwise.conv", stem, 6, 6, 3, 1, 1, groups: 6)));
        Node inner = Act("inner", Norm("inner", Conv("inner.conv", depthwise, 6, 8, 3, 2, 1)));
        Node outer = Norm("outer", Conv("outer.conv", inner, 8, 8, 3, 1, 1));
        Node shortcut = Conv("shortcut", depthwise, 6, 8, 1, 2, 0, bias: true);
        Node sum = Act("sum", new Node("sum", new Add(), outer, shortcut));
        Node block = Act("block", new Node("block", new Add(), Conv("block.conv", sum, 8, 8, 3, 1, 2, dilation: 2), sum));
        var pooled = new Node("flat", new Flatten(), new Node("pool", new GlobalAveragePool(), block));
        Node hidden = Act("hidden", new Node("hidden", new Linear(Values(0.6, 7, 8), Values(0.3, 7)), pooled));
        return new Network(new Head("scores", new Node("linear", new Linear(Values(0.6, 4, 7), Values(0.3, 4)), hidden)));

        Node Conv(string name, Node input, int inputs, int outputs, int kernel, int stride, int padding, int groups = 1, int dilation = 1, bool bias = false) =>
            new(name, new Conv2d(Values(1.2 / Math.Sqrt(inputs / groups * kernel * kernel), outputs, inputs / groups, kernel, kernel),
                bias ? Values(0.3, outputs) : null, stride, padding, dilation, groups), input);

        Node Norm(string name, Node input)
        {
            int channels = ((Conv2d)input.Layer).OutputChannels;
            Tensor variance = Values(0.5, channels);
            foreach (ref float value in variance.Span)
                value = 0.5f + Math.Abs(value);
            return new Node(name + ".norm", new BatchNorm2d(variance.Clone(), Values(0.3, channels), Values(0.3, channels), variance), input);
        }

        Node Act(string name, Node input) => new(name + ".act", activation ?? new ReLU(), input);

        Tensor Values(double scale, params int[] shape)
        {
            var tensor = new Tensor(shape);
            foreach (ref float value in tensor.Span)
                value = (float)(scale * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2);
            return tensor;
        }
    }

    /// <summary>Random images for the networks.</summary>
    public static InMemoryImages Images(int count, int seed, int extent = 9)
    {
        var random = new Random(seed);
        var images = new Tensor(count, 3, extent, extent);
        foreach (ref float value in images.Span)
            value = (float)(random.NextDouble() * 3 - 1.5);
        return new InMemoryImages(images);
    }

    /// <summary>All outputs of a network, head after head.</summary>
    public static float[] Run(Network network, InMemoryImages images)
    {
        var outputs = new List<float>();
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = images.Count });
        foreach (ImageBatch batch in images.ReadBatches(images.Count))
            session.Run(batch.Pixels.Span, batch.Count);
        for (int head = 0; head < network.Heads.Count; head++)
            outputs.AddRange(session.GetOutput(head));
        return [.. outputs];
    }

    /// <summary>Root of the mean squared difference.</summary>
    public static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Assert.Equal(a.Length, b.Length);
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += Math.Pow(a[i] - (double)b[i], 2);
        return Math.Sqrt(sum / a.Length);
    }
}
