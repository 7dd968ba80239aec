namespace ZipIt.Networks;

/// <summary>One residual block: two or three convolutions, and the shortcut around them.</summary>
/// <param name="Layout">The network that it belongs to.</param>
/// <param name="Name">Name of the module, e.g. <c>layer1.0</c>.</param>
/// <param name="Inputs">Channels that come in.</param>
/// <param name="Inner">Channels between the convolutions.</param>
/// <param name="Outputs">Channels that go out.</param>
/// <param name="Stride">Stride of the block; it sits on one convolution and on the shortcut.</param>
internal sealed record ResNetBlock(ResNetLayout Layout, string Name, int Inputs, int Inner, int Outputs, int Stride)
{
    private int Depth => Layout.Bottleneck ? 3 : 2;

    private bool IsIdentity => Stride == 1 && Inputs == Outputs;

    private bool HasProjection => !IsIdentity && Layout.ShortcutKernel != 0;

    private string Projection => Layout.ShortcutName == ResNetLayout.PlainShortcutName ? $"{Name}.{Layout.ShortcutName}" : $"{Name}.{Layout.ShortcutName}.0";

    private string ProjectionNorm => $"{Name}.{Layout.ShortcutName}.1";

    public IEnumerable<ParameterShape> ListParameters()
    {
        int inputs = Inputs;
        for (int i = 1; i <= Depth; i++)
        {
            int outputs = OutputsOf(i);
            IEnumerable<ParameterShape> norm = ParameterShape.Norm($"{Name}.bn{i}", Layout.PreActivation ? inputs : outputs);
            ParameterShape conv = ParameterShape.ConvWeight($"{Name}.conv{i}", outputs, inputs / GroupsOf(i), KernelOf(i));
            foreach (ParameterShape parameter in Layout.PreActivation ? norm.Append(conv) : norm.Prepend(conv))
                yield return parameter;
            inputs = outputs;
        }

        if (!HasProjection)
            yield break;
        yield return ParameterShape.ConvWeight(Projection, Outputs, Inputs, Layout.ShortcutKernel);
        if (!Layout.ShortcutNorm)
            yield break;
        foreach (ParameterShape parameter in ParameterShape.Norm(ProjectionNorm, Outputs))
            yield return parameter;
    }

    public Node Build(StateDictionary weights, Node input)
    {
        Node x = input, activated = input;
        for (int i = 1; i <= Depth; i++)
        {
            if (Layout.PreActivation)
            {
                x = Activate(Norm(weights, i, x), i);
                if (i == 1)
                    activated = x;
                x = Convolve(weights, i, x);
            }
            else
            {
                x = Norm(weights, i, Convolve(weights, i, x));
                if (i < Depth)
                    x = Activate(x, i);
            }
        }

        Node source = Layout.PreActivation && Layout.PreActivatedShortcut && HasProjection ? activated : input;
        var sum = new Node($"{Name}.add", new Add(), x, BuildShortcut(weights, source));
        return Layout.PreActivation ? sum : Activate(sum, Depth);
    }

    private Node BuildShortcut(StateDictionary weights, Node input)
    {
        if (IsIdentity)
            return input;
        if (!HasProjection)
            return new Node($"{Name}.{Layout.ShortcutName}", new Conv2d(MakePaddedIdentity(), stride: Stride), input);
        Node projected = LayerFactory.Conv(weights, Projection, input, Stride);
        return Layout.ShortcutNorm ? LayerFactory.Norm(weights, ProjectionNorm, projected, Layout.Epsilon) : projected;
    }

    /// <summary>
    /// The input's channels among channels of zeros, as a convolution: what reaches the next stage can then be merged apart from what it was made of, as with
    /// weights in the shortcut.
    /// </summary>
    private Tensor MakePaddedIdentity()
    {
        var weight = new Tensor(Outputs, Inputs, 1, 1);
        int before = Layout.ShortcutPadding == ChannelPadding.Centered ? (Outputs - Inputs) / 2 : 0;
        for (int c = 0; c < Math.Min(Inputs, Outputs); c++)
            weight.Span[(before + c) * Inputs + c] = 1;
        return weight;
    }

    private Node Convolve(StateDictionary weights, int index, Node input)
    {
        int strided = Layout.Bottleneck && !Layout.StrideOnFirstConvolution ? 2 : 1;
        return LayerFactory.Conv(weights, $"{Name}.conv{index}", input, index == strided ? Stride : 1, GroupsOf(index));
    }

    private Node Norm(StateDictionary weights, int index, Node input) => LayerFactory.Norm(weights, $"{Name}.bn{index}", input, Layout.Epsilon);

    private Node Activate(Node input, int index) => new($"{Name}.relu{index}", Layout.Activation, input);

    private int OutputsOf(int index) => index == Depth ? Outputs : Inner;

    private int KernelOf(int index) => Layout.Bottleneck && index != 2 ? 1 : 3;

    private int GroupsOf(int index) => Layout.Bottleneck && index == 2 ? Layout.Groups : 1;
}
