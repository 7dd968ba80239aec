using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// A layer with weights that is fitted, and the normalization behind it that is folded into it. What the refit knows of kinds of layers stands here.
/// </summary>
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
        IAffineLayer affine => affine.Channels,
        _ => 1,
    };

    /// <summary>Whether it is a convolution that sees all channels: one whose inputs can be fitted together with its weights.</summary>
    public bool IsDenseConvolution => Node.Layer is Conv2d { Groups: 1 };

    /// <summary>Whether layers of this kind are fitted.</summary>
    public static bool CanFit(Layer layer) => layer is Conv2d or Linear or IAffineLayer;

    /// <summary>Whether the second layer is folded into the first one when that is fitted.</summary>
    public static bool CanFold(Layer layer, Layer following) => layer is Conv2d && following is BatchNorm2d;

    /// <summary>Which pixels of its input a layer sees for a pixel of its output.</summary>
    public static (Size2 Kernel, Size2 Stride, Size2 Padding, Size2 Dilation) WindowOf(Layer layer) =>
        layer is Conv2d conv ? (conv.Kernel, conv.Stride, conv.Padding, conv.Dilation) : (1, 1, 0, 1);

    /// <summary>
    /// Weights [outputs, inputs of a group, taps] and biases [outputs] of the layer, and what the normalization behind it does to each output.
    /// </summary>
    public (Tensor Weight, Tensor? Bias, ChannelAffine? Norm) Read()
    {
        ChannelAffine? norm = NormNode is null ? null : ChannelAffine.Of((IAffineLayer)NormNode.Layer);
        if (Node.Layer is not IAffineLayer affine)
            return (Node.Layer.GetParameter(ParameterRole.Weight)!, Node.Layer.GetParameter(ParameterRole.Bias), norm);
        var own = ChannelAffine.Of(affine);
        return (own.Scale, own.Shift, norm);
    }

    /// <summary>The layer with fitted weights, into which the normalization is folded.</summary>
    /// <param name="weight">Weights [outputs, inputs of a group, taps].</param>
    /// <param name="bias">Biases [outputs]; null if another layer of the unit has them.</param>
    public Layer With(Tensor weight, Tensor? bias)
    {
        int outputs = weight[0];
        return Node.Layer is IAffineLayer
            ? new ChannelAffine(weight.Reshape(outputs), bias ?? new Tensor(outputs))
            : Node.Layer.WithParameters(weight.Reshape([outputs, weight[1], .. Node.Layer.GetParameter(ParameterRole.Weight)!.Shape[2..]]), bias);
    }
}
