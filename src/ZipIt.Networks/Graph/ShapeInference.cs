namespace ZipIt.Networks;

/// <summary>Derives the shape of every node's value, and with it finds layers that do not fit together.</summary>
public static class ShapeInference
{
    /// <summary>Shape of a node's value for one image, from the shapes of its inputs.</summary>
    /// <param name="node">The node.</param>
    /// <param name="inputs">Shapes of its inputs, in order: [channels, height, width] or [features].</param>
    /// <exception cref="ArgumentException">The layer does not fit its inputs; the message names the node.</exception>
    public static int[] Infer(Node node, IReadOnlyList<int[]> inputs)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(inputs);
        switch (node.Layer)
        {
            case Input input:
                return [input.Channels, input.Height, input.Width];
            case Conv2d conv:
                CheckChannels(node, ExpectMap(node, inputs[0]), conv.InputChannels);
                return
                [
                    conv.OutputChannels,
                    WindowCount(node, inputs[0][1], conv.Kernel.Height, conv.Stride.Height, conv.Padding.Height, conv.Dilation.Height, false),
                    WindowCount(node, inputs[0][2], conv.Kernel.Width, conv.Stride.Width, conv.Padding.Width, conv.Dilation.Width, false),
                ];
            case Linear linear:
                if (inputs[0].Length != 1 || inputs[0][0] != linear.Inputs)
                    throw Mismatch(node, $"a vector of {linear.Inputs} features", inputs[0]);
                return [linear.Outputs];
            case IAffineLayer affine:
                CheckChannels(node, ExpectMap(node, inputs[0]), affine.Channels);
                return inputs[0];
            case PReLU prelu:
                CheckChannels(node, inputs[0], prelu.Channels);
                return inputs[0];
            case Pool2d pool:
                ExpectMap(node, inputs[0]);
                return
                [
                    inputs[0][0],
                    WindowCount(node, inputs[0][1], pool.Kernel.Height, pool.Stride.Height, pool.Padding.Height, 1, pool.CeilingMode),
                    WindowCount(node, inputs[0][2], pool.Kernel.Width, pool.Stride.Width, pool.Padding.Width, 1, pool.CeilingMode),
                ];
            case GlobalAveragePool:
                ExpectMap(node, inputs[0]);
                return [inputs[0][0], 1, 1];
            case Add:
                foreach (int[] input in inputs)
                {
                    if (!input.AsSpan().SequenceEqual(inputs[0]))
                        throw Mismatch(node, $"inputs of one shape, {Tensor.FormatShape(inputs[0])}", input);
                }

                return inputs[0];
            case Concat:
                foreach (int[] input in inputs)
                {
                    if (input.Length != inputs[0].Length || !input.AsSpan(1).SequenceEqual(inputs[0].AsSpan(1)))
                        throw Mismatch(node, $"inputs that differ from {Tensor.FormatShape(inputs[0])} in their channels only", input);
                }

                int[] joined = [.. inputs[0]];
                joined[0] = checked(inputs.Sum(input => input[0]));
                return joined;
            case Flatten:
                return [checked((int)inputs[0].Aggregate(1L, (product, extent) => checked(product * extent)))];
            case ChannelGather gather:
                foreach (int source in gather.Sources)
                {
                    if (source >= inputs[0][0])
                        throw Mismatch(node, $"more than {source} channels", inputs[0]);
                }

                int[] gathered = [.. inputs[0]];
                gathered[0] = gather.Sources.Length;
                return gathered;
            case Activation or Softmax:
                return inputs[0];
            default:
                throw new ArgumentException($"Node '{node.Name}' has a layer of unknown kind {node.Layer.Kind}.", nameof(node));
        }
    }

    internal static int[][] InferAll(Network network)
    {
        var shapes = new int[network.Nodes.Count][];
        for (int i = 0; i < shapes.Length; i++)
            shapes[i] = Infer(network.Nodes[i], [.. network.Nodes[i].Inputs.Select(input => shapes[network.IndexOf(input)])]);
        return shapes;
    }

    private static int[] ExpectMap(Node node, int[] shape) => shape.Length == 3 ? shape : throw Mismatch(node, "a feature map [channels, height, width]", shape);

    private static void CheckChannels(Node node, int[] shape, int channels)
    {
        if (shape[0] != channels)
            throw Mismatch(node, $"{channels} input channels", shape);
    }

    /// <summary>Number of windows that fit; in ceiling mode the last may stick out, but must start inside the input or its left padding.</summary>
    private static int WindowCount(Node node, int extent, int kernel, int stride, int padding, int dilation, bool ceiling)
    {
        long room = extent + 2L * padding - (long)dilation * (kernel - 1) - 1;
        if (room < 0)
            throw new ArgumentException($"Node '{node.Name}' ({node.Layer.Kind}) has a window of {kernel} (dilation {dilation}), larger than its padded input of {extent} + 2·{padding}.");
        long count = (ceiling ? room + stride - 1 : room) / stride + 1;
        if (ceiling && (count - 1) * stride >= extent + (long)padding)
            count--;
        return checked((int)count);
    }

    private static ArgumentException Mismatch(Node node, string expected, int[] found) =>
        new($"Node '{node.Name}' ({node.Layer.Kind}) expects {expected}, found {Tensor.FormatShape(found)}.");
}
