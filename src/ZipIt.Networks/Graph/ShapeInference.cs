namespace ZipIt.Networks;

/// <summary>Derives the shape of every node's value, and with it finds layers that do not fit together.</summary>
internal static class ShapeInference
{
    /// <summary>Shape of a node's value for one image, from the shapes of its inputs.</summary>
    /// <param name="node">The node.</param>
    /// <param name="inputs">Shapes of its inputs, in order: [channels, height, width] or [features].</param>
    /// <exception cref="ArgumentException">
    /// The layer does not fit its inputs, or goes beyond <see cref="NetworkLimits"/>; the message names the node.
    /// </exception>
    public static int[] Infer(Node node, IReadOnlyList<int[]> inputs)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(inputs);
        int[] shape = InferUnchecked(node, inputs);
        CheckLimits(node, shape);
        return shape;
    }

    private static int[] InferUnchecked(Node node, IReadOnlyList<int[]> inputs)
    {
        switch (node.Layer)
        {
            case Input input:
                return [input.Channels, input.Height, input.Width];
            case Conv2d conv:
                CheckChannels(node, ExpectMap(node, inputs[0]), conv.InputChannels);
                if ((long)conv.Kernel.Height * conv.Kernel.Width > NetworkLimits.Taps)
                    throw Refuse(node, $"has a kernel of {conv.Kernel.Height}×{conv.Kernel.Width} taps; at most {NetworkLimits.Taps} are supported");
                return [conv.OutputChannels, WindowAxis.OfRows(node, inputs[0][1]).Output, WindowAxis.OfColumns(node, inputs[0][2]).Output];
            case Linear linear:
                if (inputs[0].Length != 1 || inputs[0][0] != linear.Inputs)
                    throw Mismatch(node, $"a vector of {linear.Inputs} features", inputs[0]);
                return [linear.Outputs];
            case IAffineLayer affine:
                CheckChannels(node, ExpectMap(node, inputs[0]), affine.Channels);
                return inputs[0];
            case InstanceNorm2d norm:
                CheckChannels(node, ExpectMap(node, inputs[0]), norm.Channels);
                return inputs[0];
            case PReLU prelu:
                CheckChannels(node, inputs[0], prelu.Channels);
                return inputs[0];
            case Pool2d:
                ExpectMap(node, inputs[0]);
                return [inputs[0][0], WindowAxis.OfRows(node, inputs[0][1]).Output, WindowAxis.OfColumns(node, inputs[0][2]).Output];
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
                joined[0] = (int)Math.Min(inputs.Sum(input => (long)input[0]), int.MaxValue);
                return joined;
            case Flatten:
                return [(int)CountValues(inputs[0])];
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
                throw new ArgumentException($"Node '{NameList.Shorten(node.Name)}' has a layer of unknown kind {node.Layer.Kind}.", nameof(node));
        }
    }

    internal static int[][] InferAll(Network network)
    {
        var shapes = new int[network.Nodes.Count][];
        for (int i = 0; i < shapes.Length; i++)
            shapes[i] = Infer(network.Nodes[i], [.. network.Nodes[i].Inputs.Select(input => shapes[network.IndexOf(input)])]);
        return shapes;
    }

    private static int[] ExpectMap(Node node, int[] shape) => shape.Length == 3
        ? shape
        : throw Mismatch(node, "a feature map [channels, height, width]", shape);

    private static void CheckChannels(Node node, int[] shape, int channels)
    {
        if (shape[0] != channels)
            throw Mismatch(node, $"{channels} input channels", shape);
    }

    private static void CheckLimits(Node node, int[] shape)
    {
        if (shape.Length == 3)
        {
            if (shape[0] > NetworkLimits.Channels)
                throw Refuse(node, $"has {shape[0]} channels; at most {NetworkLimits.Channels} are supported");
            if (shape[1] > NetworkLimits.Extent || shape[2] > NetworkLimits.Extent || (long)shape[1] * shape[2] > NetworkLimits.Pixels)
                throw Refuse(node, $"has a map of {shape[1]}×{shape[2]} pixels; at most {NetworkLimits.Pixels} in all and {NetworkLimits.Extent} a side are supported");
        }

        if (CountValues(shape) > NetworkLimits.Values)
            throw Refuse(node, $"has a value of shape {Tensor.FormatShape(shape)}; at most {NetworkLimits.Values} numbers for an image are supported");
    }

    /// <summary>Number of values, or a number beyond the limit if it is beyond.</summary>
    private static long CountValues(int[] shape)
    {
        long count = 1;
        foreach (int extent in shape)
            count = Math.Min(count * extent, NetworkLimits.Values + 1L);
        return count;
    }

    private static ArgumentException Refuse(Node node, string problem) => new($"Node '{NameList.Shorten(node.Name)}' ({node.Layer.Kind}) {problem}.");

    private static ArgumentException Mismatch(Node node, string expected, int[] found) =>
        Refuse(node, $"expects {expected}, found {Tensor.FormatShape(found)}");
}
