namespace ZipIt.Networks;

/// <summary>One residual block: two or three convolutions, and the shortcut around them.</summary>
/// <param name="Name">Name of the module, e.g. <c>layer1.0</c>.</param>
/// <param name="Bottleneck">Whether it is 1×1, 3×3, 1×1 instead of two 3×3 convolutions.</param>
/// <param name="Inputs">Channels that come in.</param>
/// <param name="Inner">Channels between the convolutions.</param>
/// <param name="Outputs">Channels that go out.</param>
/// <param name="Stride">Stride of the block; it sits on the first 3×3 convolution and on the shortcut.</param>
/// <param name="ShortcutKernel">Extent of the shortcut's kernel, 0 where the input is added as it is.</param>
/// <param name="ShortcutName">Name of the shortcut's module.</param>
internal sealed record ResNetBlock(
    string Name, bool Bottleneck, int Inputs, int Inner, int Outputs, int Stride, int ShortcutKernel, string ShortcutName)
{
    private string Shortcut => $"{Name}.{ShortcutName}";

    public IEnumerable<ParameterShape> ListParameters()
    {
        int[] kernels = Bottleneck ? [1, 3, 1] : [3, 3];
        int inputs = Inputs;
        for (int i = 0; i < kernels.Length; i++)
        {
            int outputs = i == kernels.Length - 1 ? Outputs : Inner;
            yield return ParameterShape.ConvWeight($"{Name}.conv{i + 1}", outputs, inputs, kernels[i]);
            foreach (ParameterShape parameter in ParameterShape.Norm($"{Name}.bn{i + 1}", outputs))
                yield return parameter;
            inputs = outputs;
        }

        if (ShortcutKernel == 0)
            yield break;
        yield return ParameterShape.ConvWeight($"{Shortcut}.0", Outputs, Inputs, ShortcutKernel);
        foreach (ParameterShape parameter in ParameterShape.Norm($"{Shortcut}.1", Outputs))
            yield return parameter;
    }

    public Node Build(StateDictionary weights, Node input)
    {
        int depth = Bottleneck ? 3 : 2;
        int stridden = Bottleneck ? 2 : 1;
        Node x = input;
        for (int i = 1; i <= depth; i++)
        {
            x = LayerFactory.Conv(weights, $"{Name}.conv{i}", x, i == stridden ? Stride : 1);
            x = LayerFactory.Norm(weights, $"{Name}.bn{i}", x);
            if (i < depth)
                x = LayerFactory.ReLU($"{Name}.relu{i}", x);
        }

        Node shortcut = input;
        if (ShortcutKernel != 0)
            shortcut = LayerFactory.Norm(weights, $"{Shortcut}.1", LayerFactory.Conv(weights, $"{Shortcut}.0", input, Stride));
        return LayerFactory.ReLU($"{Name}.relu{depth}", new Node($"{Name}.add", new Add(), x, shortcut));
    }
}
