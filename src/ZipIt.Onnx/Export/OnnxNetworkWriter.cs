using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>Writes the layers of a network as ONNX operators.</summary>
/// <remarks>
/// Operators and their values are called like the nodes. A layer that needs several operators ends with one of its name; the others have names that begin with it.
/// </remarks>
public static class OnnxNetworkWriter
{
    /// <summary>Oldest version of the standard operators that is written.</summary>
    public const int OldestOpset = 11;

    private const int FirstWithGelu = 20;
    private const int FirstWithHardSwish = 14;
    private const int FirstSoftmaxOfOneAxis = 13;

    /// <summary>Adds all nodes of a network to a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="network">The network.</param>
    /// <param name="inputs">Names of the values that its inputs take, each [batch, channels, height, width].</param>
    /// <returns>Names of the values of its outputs, in the order of its heads.</returns>
    /// <exception cref="ArgumentException">The number of inputs is wrong, or the network holds weights that are not finite numbers.</exception>
    /// <exception cref="NotSupportedException">A layer has no ONNX operator, or the graph's version is too old; the message names the node.</exception>
    public static IReadOnlyList<string> Write(IOnnxGraph graph, Network network, IReadOnlyList<string> inputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count != network.Inputs.Count)
            throw new ArgumentException($"The network has {network.Inputs.Count} inputs, but {inputs.Count} names were given.", nameof(inputs));
        if (graph.Opset < OldestOpset)
            throw new NotSupportedException($"Networks are written with version {OldestOpset} of the ONNX operators or a newer one; the graph has version {graph.Opset}.");
        var values = new Dictionary<Node, string>(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < inputs.Count; i++)
            values.Add(network.Inputs[i], inputs[i]);
        foreach (Node node in network.Nodes.Where(node => node.Layer is not Input))
            values.Add(node, new LayerWriter(graph, network, node, [.. node.Inputs.Select(input => values[input])]).Write());
        return [.. network.Heads.Select(head => values[head.Node])];
    }

    /// <summary>Writes one node.</summary>
    private sealed class LayerWriter(IOnnxGraph graph, Network network, Node node, string[] inputs)
    {
        public string Write()
        {
            switch (node.Layer)
            {
                case Conv2d conv:
                    return Add(
                        "Conv", [inputs[0], Constant("weight", conv.Weight), .. Optional("bias", conv.Bias)],
                        OnnxAttribute.Of("kernel_shape", conv.Kernel.Height, conv.Kernel.Width), OnnxAttribute.Of("strides", conv.Stride.Height, conv.Stride.Width),
                        Pads(conv.Padding), OnnxAttribute.Of("dilations", conv.Dilation.Height, conv.Dilation.Width), OnnxAttribute.Of("group", conv.Groups));
                case Linear linear:
                    return Add("Gemm", [inputs[0], Constant("weight", linear.Weight), .. Optional("bias", linear.Bias)], OnnxAttribute.Of("transB", 1L));
                case BatchNorm2d norm:
                    return Add(
                        "BatchNormalization",
                        [inputs[0], Constant("weight", norm.Weight), Constant("bias", norm.Bias), Constant("running_mean", norm.Mean), Constant("running_var", norm.Variance)],
                        OnnxAttribute.Of("epsilon", norm.Epsilon));
                case InstanceNorm2d norm:
                    return Add("InstanceNormalization", [inputs[0], Constant("weight", norm.Weight), Constant("bias", norm.Bias)], OnnxAttribute.Of("epsilon", norm.Epsilon));
                case ChannelAffine affine:
                    string scaled = Part("Mul", ChannelArithmetic.FirstHalf, [inputs[0], Constant("scale", affine.Scale.Reshape(affine.Channels, 1, 1))]);
                    return Add("Add", [scaled, Constant("shift", affine.Shift.Reshape(affine.Channels, 1, 1))]);
                case ChannelGather gather:
                    long[] sources = [.. gather.Sources.ToArray().Select(source => (long)source)];
                    return Add("Gather", [inputs[0], graph.AddConstant($"{node.Name}.sources", sources)], OnnxAttribute.Of("axis", 1L));
                case ReLU:
                    return Add("Relu", inputs);
                case Clip clip:
                    return Add("Clip", [inputs[0], Scalar("min", clip.Lower), Scalar("max", clip.Upper)]);
                case LeakyReLU leaky:
                    return Add("LeakyRelu", inputs, OnnxAttribute.Of("alpha", leaky.NegativeSlope));
                case PReLU prelu:
                    int[] slopes = network.ShapeOf(node).Length == 3 ? [prelu.Channels, 1, 1] : [prelu.Channels];
                    return Add("PRelu", [inputs[0], Constant("weight", prelu.Slope.Reshape(slopes))]);
                case ELU elu:
                    return Add("Elu", inputs, OnnxAttribute.Of("alpha", elu.Alpha));
                case HardSwish:
                    return WriteHardSwish();
                case Tanh:
                    return Add("Tanh", inputs);
                case Sigmoid:
                    return Add("Sigmoid", inputs);
                case SiLU:
                    return Add("Mul", [inputs[0], Part("Sigmoid", "/Sigmoid", inputs)]);
                case GELU gelu:
                    return WriteGelu(gelu.TanhApproximation);
                case Pool2d pool:
                    return WritePool(pool);
                case GlobalAveragePool:
                    return Add("GlobalAveragePool", inputs);
                case Networks.Add:
                    return Add(inputs.Length == 2 ? "Add" : "Sum", inputs);
                case Concat:
                    return Add("Concat", inputs, OnnxAttribute.Of("axis", 1L));
                case Flatten:
                    return Add("Flatten", inputs, OnnxAttribute.Of("axis", 1L));
                case Softmax:
                    return WriteSoftmax();
                default:
                    throw new NotSupportedException($"Node '{node.Name}' has a layer of kind {node.Layer.Kind}, which has no ONNX operator.");
            }
        }

        private string WriteHardSwish()
        {
            if (graph.Opset >= FirstWithHardSwish)
                return Add("HardSwish", inputs);
            return Add("Mul", [inputs[0], Part("HardSigmoid", "/HardSigmoid", inputs, OnnxAttribute.Of("alpha", 1f / 6), OnnxAttribute.Of("beta", 0.5f))]);
        }

        private string WriteGelu(bool isTanh)
        {
            if (graph.Opset >= FirstWithGelu)
                return Add("Gelu", inputs, OnnxAttribute.Of("approximate", isTanh ? "tanh" : "none"));
            string x = inputs[0], one = Scalar("one", 1), half = Scalar("half", 0.5f), inner;
            if (isTanh)
            {
                string cube = Part("Mul", "/Cube", [Part("Mul", "/Square", [x, x]), x]);
                string sum = Part("Add", "/Sum", [x, Part("Mul", "/Scaled", [cube, Scalar("kappa", 0.044715f)])]);
                inner = Part("Tanh", "/Tanh", [Part("Mul", "/Inner", [sum, Scalar("beta", (float)Math.Sqrt(2 / Math.PI))])]);
            }
            else
            {
                inner = Part("Erf", "/Erf", [Part("Div", "/Div", [x, Scalar("root", (float)Math.Sqrt(2))])]);
            }

            string weighted = Part("Mul", "/Mul", [x, Part("Add", "/Add", [inner, one])]);
            return Add("Mul", [weighted, half]);
        }

        /// <summary>Older versions normalize over all dimensions from an axis on, so the channels are brought to the end.</summary>
        private string WriteSoftmax()
        {
            if (graph.Opset >= FirstSoftmaxOfOneAxis || network.ShapeOf(node).Length == 1)
                return Add("Softmax", inputs, OnnxAttribute.Of("axis", 1L));
            string last = Part("Transpose", "/ChannelsLast", inputs, OnnxAttribute.Of("perm", 0, 2, 3, 1));
            string normalized = Part("Softmax", "/Softmax", [last], OnnxAttribute.Of("axis", 3L));
            return Add("Transpose", [normalized], OnnxAttribute.Of("perm", 0, 3, 1, 2));
        }

        private string Add(string operation, ReadOnlySpan<string> from, params ReadOnlySpan<OnnxAttribute> attributes) => graph.AddNode(operation, node.Name, from, attributes);

        private string Part(string operation, string suffix, ReadOnlySpan<string> from, params ReadOnlySpan<OnnxAttribute> attributes) =>
            graph.AddNode(operation, node.Name + suffix, from, attributes);

        private string Constant(string role, Tensor values) => values.IsFinite()
            ? graph.AddConstant($"{node.Name}.{role}", values)
            : throw new ArgumentException($"Node '{node.Name}' ({node.Layer.Kind}) holds weights that are not finite numbers.");

        private string[] Optional(string role, Tensor? values) => values is null ? [] : [Constant(role, values)];

        private string Scalar(string role, float value) => graph.AddConstant($"{node.Name}.{role}", new Tensor(new[] { value }));

        private static OnnxAttribute Pads(Size2 padding) => OnnxAttribute.Of("pads", padding.Height, padding.Width, padding.Height, padding.Width);

        /// <summary>
        /// ONNX counts a last window even if it begins behind the pixels, where PyTorch leaves it out; without the ceiling mode that window is not there. If only one direction has such a
        /// window, pixels added at the end make the other's last window whole; they would count in a mean over the padding, which is taken in one direction after the other.
        /// </summary>
        private string WritePool(Pool2d pool)
        {
            ReadOnlySpan<int> from = network.ShapeOf(node.Inputs[0]), to = network.ShapeOf(node);
            bool byHeight = pool.CeilingMode && to[1] == CeilingCount(from[1], pool.Kernel.Height, pool.Stride.Height, pool.Padding.Height);
            bool byWidth = pool.CeilingMode && to[2] == CeilingCount(from[2], pool.Kernel.Width, pool.Stride.Width, pool.Padding.Width);
            if (byHeight == byWidth)
                return AddPool(pool, node.Name, inputs[0], pool.Kernel, pool.Stride, Pads(pool.Padding), byHeight);
            if (pool is AvgPool2d { CountPadding: true })
            {
                string rows = AddPool(
                    pool, $"{node.Name}/Rows", inputs[0], new Size2(pool.Kernel.Height, 1), new Size2(pool.Stride.Height, 1), Pads(new Size2(pool.Padding.Height, 0)), byHeight);
                return AddPool(pool, node.Name, rows, new Size2(1, pool.Kernel.Width), new Size2(1, pool.Stride.Width), Pads(new Size2(0, pool.Padding.Width)), byWidth);
            }

            int bottom = EndPadding(from[1], to[1], pool.Kernel.Height, pool.Stride.Height, pool.Padding.Height);
            int right = EndPadding(from[2], to[2], pool.Kernel.Width, pool.Stride.Width, pool.Padding.Width);
            return AddPool(pool, node.Name, inputs[0], pool.Kernel, pool.Stride, OnnxAttribute.Of("pads", pool.Padding.Height, pool.Padding.Width, bottom, right), false);
        }

        private static long CeilingCount(int extent, int kernel, int stride, int padding) => (extent + 2L * padding - kernel + stride - 1) / stride + 1;

        private static int EndPadding(int extent, int count, int kernel, int stride, int padding) =>
            checked((int)Math.Max(((count - 1L) * stride) + kernel - extent - padding, padding));

        private string AddPool(Pool2d pool, string name, string input, Size2 kernel, Size2 stride, OnnxAttribute pads, bool ceiling)
        {
            OnnxAttribute[] attributes =
            [
                OnnxAttribute.Of("kernel_shape", kernel.Height, kernel.Width), OnnxAttribute.Of("strides", stride.Height, stride.Width), pads,
                OnnxAttribute.Of("ceil_mode", ceiling ? 1L : 0L),
            ];
            return pool is AvgPool2d mean
                ? graph.AddNode("AveragePool", name, [input], [.. attributes, OnnxAttribute.Of("count_include_pad", mean.CountPadding ? 1L : 0L)])
                : graph.AddNode("MaxPool", name, [input], attributes);
        }
    }
}
