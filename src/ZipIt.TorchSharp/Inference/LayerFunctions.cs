using TorchSharp;
using ZipIt.Networks;
using Modules = TorchSharp.Modules;

namespace ZipIt.TorchSharp;

/// <summary>Translates layers into calls of libtorch.</summary>
/// <remarks>Calls are those whose signatures are the same in all versions of TorchSharp since 0.102.</remarks>
internal static class LayerFunctions
{
    /// <summary>Share of the batch's statistics in the running ones of a normalization, PyTorch's default.</summary>
    private const double Momentum = 0.1;

    private const long Channels = 1; // the dimension

    /// <summary>Makes sure that all layers of a network can be translated.</summary>
    /// <exception cref="NotSupportedException">Some cannot; the message names the nodes.</exception>
    public static void Check(Network network)
    {
        Node[] unknown = [.. network.Nodes.Where(node => node.Layer is not Input && Find(node.Layer) is null)];
        if (unknown.Length > 0)
            throw new NotSupportedException($"libtorch cannot run {NameList.Format([.. unknown.Select(node => $"{node}")])}.");
    }

    /// <summary>What a layer computes; null if it is not known.</summary>
    public static LayerFunction? Find(Layer layer) => layer switch
    {
        Conv2d conv => Convolve(conv),
        Linear => (x, p, _) => torch.nn.functional.linear(x[0], p[0]!, p[1]),
        BatchNorm2d norm => (x, p, training) => torch.nn.functional.batch_norm(x[0], p[2], p[3], p[0], p[1], training, Momentum, norm.Epsilon),
        ChannelAffine affine => (x, p, _) => x[0].mul(p[0]!.reshape(1, affine.Channels, 1, 1)).add_(p[1]!.reshape(1, affine.Channels, 1, 1)),
        InstanceNorm2d norm => (x, p, _) => torch.nn.functional.instance_norm(x[0], null, null, p[0], p[1], true, Momentum, norm.Epsilon),
        PReLU => (x, p, _) => x[0].prelu(p[0]!),
        ReLU => (x, _, _) => x[0].relu(),
        Clip clip => (x, _, _) => x[0].clamp((Scalar)clip.Lower, (Scalar)clip.Upper),
        LeakyReLU leaky => (x, _, _) => x[0].leaky_relu(leaky.NegativeSlope),
        Tanh => (x, _, _) => x[0].tanh(),
        Sigmoid => (x, _, _) => x[0].sigmoid(),
        SiLU => (x, _, _) => x[0].silu(),
        HardSwish => (x, _, _) => x[0].hardswish(),
        ELU elu => (x, _, _) => x[0].elu(elu.Alpha),
        GELU { TanhApproximation: false } => (x, _, _) => x[0].gelu(),
        GELU => (x, _, _) => x[0].gelu(Modules.GELU.Approximate.tanh),
        MaxPool2d pool => (x, _, _) => torch.nn.functional.max_pool2d(x[0], Pair(pool.Kernel), Pair(pool.Stride), Pair(pool.Padding), null, pool.CeilingMode),
        AvgPool2d pool => Average(pool),
        GlobalAveragePool => (x, _, _) => x[0].mean([2, 3], true),
        Add => (x, _, _) => Sum(x),
        Concat => (x, _, _) => torch.cat((IList<torch.Tensor>)[.. x], Channels),
        Flatten => (x, _, _) => x[0].flatten(1),
        Softmax => (x, _, _) => x[0].softmax(Channels),
        ChannelGather => (x, p, _) => x[0].index_select(Channels, p[0]!),
        _ => null,
    };

    /// <summary>Copies of a layer's tensors in libtorch's memory, on the CPU: those that it declares, and what else its function needs.</summary>
    /// <returns>Name, tensor (null if it is absent), and whether it is learnt.</returns>
    public static (string Name, torch.Tensor? Value, bool IsLearnt)[] CreateParameters(Layer layer) => layer is ChannelGather gather
        ? [("sources", torch.tensor(gather.Sources.ToArray().Select(source => (long)source).ToArray()), false)]
        : [.. layer.Parameters.Select(parameter =>
            (parameter.Name, parameter.Value is { } value ? TorchTensors.ToTorch(value) : null, parameter.Role.IsLearnt()))];

    private static LayerFunction Convolve(Conv2d conv)
    {
        (long[] stride, long[] padding, long[] dilation) = (Pair(conv.Stride), Pair(conv.Padding), Pair(conv.Dilation));
        return (x, p, _) => torch.nn.functional.conv2d(x[0], p[0]!, p[1], stride, padding, dilation, conv.Groups);
    }

    /// <summary>The functional form has another signature in every version; the module has not.</summary>
    private static LayerFunction Average(AvgPool2d pool)
    {
        var module = torch.nn.AvgPool2d(Pair(pool.Kernel), Pair(pool.Stride), Pair(pool.Padding), pool.CeilingMode, pool.CountPadding);
        return (x, _, _) => module.call(x[0]);
    }

    private static torch.Tensor Sum(IReadOnlyList<torch.Tensor> values)
    {
        torch.Tensor sum = values[0].add(values[1]);
        for (int i = 2; i < values.Count; i++)
            sum.add_(values[i]);
        return sum;
    }

    private static long[] Pair(Size2 size) => [size.Height, size.Width];
}
