using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>A layer with weights that is fitted, and the normalization behind it that is folded into it. What the refit knows of kinds of layers stands here.</summary>
/// <param name="Node">The layer's node.</param>
/// <param name="NormNode">The normalization's node; null if there is none.</param>
internal sealed record UnitLayer(Node Node, Node? NormNode = null)
{
    /// <summary>The node whose value the layer takes.</summary>
    public Node Input => Node.Inputs[0];

    /// <summary>The node whose value the layer and its normalization give.</summary>
    public Node End => NormNode ?? Node;

    /// <summary>Number of groups in which input channels are seen; per-channel layers see each channel alone.</summary>
    public int Groups => Node.Layer switch
    {
        Conv2d conv => conv.Groups,
        BatchNorm2d norm => norm.Channels,
        ChannelAffine affine => affine.Channels,
        _ => 1,
    };

    /// <summary>Whether it is a convolution that sees all channels: one whose inputs can be fitted together with its weights.</summary>
    public bool IsDenseConvolution => Node.Layer is Conv2d { Groups: 1 };

    /// <summary>Whether layers of this kind are fitted.</summary>
    public static bool CanFit(Layer layer) => layer is Conv2d or Linear or BatchNorm2d or ChannelAffine;

    /// <summary>Whether the second layer is folded into the first one when that is fitted.</summary>
    public static bool CanFold(Layer layer, Layer following) => layer is Conv2d && following is BatchNorm2d;

    /// <summary>Which pixels of its input a layer sees for a pixel of its output.</summary>
    public static (Size2 Kernel, Size2 Stride, Size2 Padding, Size2 Dilation) WindowOf(Layer layer) =>
        layer is Conv2d conv ? (conv.Kernel, conv.Stride, conv.Padding, conv.Dilation) : (1, 1, 0, 1);

    /// <summary>Weights [outputs, inputs of a group, taps] and biases [outputs] of the layer, and what the normalization behind it does to each output.</summary>
    public (Tensor Weight, Tensor? Bias, (Tensor Scale, Tensor Shift)? Norm) Read()
    {
        (Tensor weight, Tensor? bias) = Node.Layer switch
        {
            Conv2d conv => (conv.Weight, conv.Bias),
            Linear linear => (linear.Weight, linear.Bias),
            BatchNorm2d norm => norm.ToAffine(),
            ChannelAffine affine => (affine.Scale, affine.Shift),
            _ => throw new InvalidOperationException($"A {Node.Layer.Kind} has no weights to fit."),
        };
        return (weight, bias, NormNode?.Layer is BatchNorm2d folded ? folded.ToAffine() : null);
    }

    /// <summary>The layer with fitted weights, into which the normalization is folded.</summary>
    /// <param name="weight">Weights [outputs, inputs of a group, taps].</param>
    /// <param name="bias">Biases [outputs]; null if another layer of the unit has them.</param>
    public Layer With(Tensor weight, Tensor? bias)
    {
        int outputs = weight[0], inputs = weight[1];
        return Node.Layer switch
        {
            Conv2d conv => conv.With(weight.Reshape(outputs, inputs, conv.Kernel.Height, conv.Kernel.Width), bias),
            Linear => new Linear(weight.Reshape(outputs, inputs), bias),
            _ => new ChannelAffine(weight.Reshape(outputs), bias ?? new Tensor(outputs)),
        };
    }
}
