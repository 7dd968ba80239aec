namespace ZipIt.Networks.Tests.Layers;

/// <summary>Layers of every kind, with attributes other than the usual ones.</summary>
internal static class EveryLayer
{
    /// <summary>A network of all kinds of layers.</summary>
    public static Network MakeNetwork()
    {
        var input = new Node("input", new Input(2, 8, 6));
        var x = new Node("normalization", new ChannelAffine(Ramp(2), Ramp(2)), input);
        x = new Node("conv", new Conv2d(Ramp(4, 1, 3, 1), null, new Size2(1, 2), new Size2(1, 3), new Size2(1, 2), 2), x);
        x = new Node("norm", new BatchNorm2d(Ramp(4), Ramp(4), Ramp(4), Ramp(4), 1e-3f), x);
        x = new Node("instance", new InstanceNorm2d(Ramp(4), Ramp(4), 1e-2f), x);
        x = new Node("relu", new ReLU(), x);
        x = new Node("clip", new Clip(0, 6), x);
        x = new Node("leaky", new LeakyReLU(0.2f), x);
        x = new Node("prelu", new PReLU(Ramp(4)), x);
        x = new Node("tanh", new Tanh(), x);
        x = new Node("sigmoid", new Sigmoid(), x);
        x = new Node("silu", new SiLU(), x);
        x = new Node("hardswish", new HardSwish(), x);
        x = new Node("elu", new ELU(0.5f), x);
        x = new Node("gelu", new GELU(true), x);
        x = new Node("sum", new Add(), x, x, x);
        x = new Node("joined", new Concat(), x, x);
        x = new Node("gather", new ChannelGather(7, 0, 0), x);
        x = new Node("max", new MaxPool2d(new Size2(3, 2), new Size2(2, 1), new Size2(1, 0), true), x);
        x = new Node("mean", new AvgPool2d(2, 1, 1, false, false), x);
        var features = new Node("Größe ⌀", new Flatten(), new Node("global", new GlobalAveragePool(), x));
        var first = new Node("first", new Softmax(), new Node("linear", new Linear(Ramp(2, 3), Ramp(2)), features));
        var second = new Node("second", new Linear(Ramp(5, 3)), features);
        return new Network(new Head("second", second), new Head("first", first));
    }

    /// <summary>A tensor of ascending positive values.</summary>
    public static Tensor Ramp(params ReadOnlySpan<int> shape)
    {
        var tensor = new Tensor(shape);
        for (int i = 0; i < tensor.Length; i++)
            tensor.Span[i] = 0.25f + i;
        return tensor;
    }
}
