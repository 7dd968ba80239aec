using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>Poolings: over windows and over the whole map.</summary>
internal static class PoolingOperators
{
    public static KeyValuePair<string, Operator>[] All { get; } =
    [
        new("MaxPool", call => [Pool(call, false)]),
        new("AveragePool", call => [Pool(call, true)]),
        new("GlobalAveragePool", call => [call.Emit(new GlobalAveragePool(), call.Map(call.Feature(0)))]),
        new("GlobalMaxPool", call => [PoolWholeMap(call)]),
        new("ReduceMean", call => [ReduceMean(call)]),
    ];

    private static FeatureValue Pool(OperatorCall call, bool isAverage)
    {
        FeatureValue value = call.Feature(0);
        Node map = call.Map(value);
        if (call.Node.FindIntegers("kernel_shape") is null)
            throw new UnsupportedException("it has no kernel_shape");
        Size2 kernel = Window.ReadSize(call, "kernel_shape");
        Size2 stride = Window.ReadSize(call, "strides");
        if (Window.ReadSize(call, "dilations") != 1)
            throw new UnsupportedException("its windows are dilated");
        Border border = Window.ReadBorder(call, value.Shape, kernel, stride);
        bool ceiling = call.Node.FindInteger("ceil_mode") is not (null or 0);
        bool countPadding = isAverage && call.Node.FindInteger("count_include_pad") is not (null or 0);
        if (!border.IsSymmetric)
        {
            CheckCeiling(call, value.Shape, kernel, stride, border, ceiling || countPadding);
            ceiling = true;
        }

        return call.Emit(
            isAverage ? new AvgPool2d(kernel, stride, border.Start, ceiling, countPadding) : new MaxPool2d(kernel, stride, border.Start, ceiling), map);
    }

    /// <summary>
    /// Pixels that are added only at the end, and count neither in a maximum nor in a mean, are those that the last window of the ceiling mode lacks.
    /// </summary>
    private static void CheckCeiling(OperatorCall call, int[] shape, Size2 kernel, Size2 stride, Border border, bool isOther)
    {
        var probe = new Node(call.Node.Name, new MaxPool2d(kernel, stride, border.Start, true), new Node("map", new Input(shape[0], shape[1], shape[2])));
        int[] found = ShapeInference.Infer(probe, [shape]);
        long height = (shape[1] + (long)border.Top + border.Bottom - kernel.Height) / stride.Height + 1;
        long width = (shape[2] + (long)border.Left + border.Right - kernel.Width) / stride.Width + 1;
        if (isOther || found[1] != height || found[2] != width)
            throw new UnsupportedException($"its padding of {border.Top}, {border.Left}, {border.Bottom} and {border.Right} pixels differs between two sides");
    }

    private static FeatureValue PoolWholeMap(OperatorCall call)
    {
        FeatureValue value = call.Feature(0);
        return call.Emit(new MaxPool2d(new Size2(value.Shape[1], value.Shape[2])), call.Map(value));
    }

    private static FeatureValue ReduceMean(OperatorCall call)
    {
        FeatureValue value = call.Feature(0);
        int rank = value.Shape.Length + 1;
        int[] axes = [.. (call.IntegersOf("axes", 1) ?? []).Select(axis => call.Axis(axis, rank)).Order()];

        // A map whose rows were joined is still averaged over all of its pixels.
        bool isJoined = rank == 3 && call.Graph.ShapeOf(value.Node) is [var channels, _, _] && channels == value.Shape[0];
        if (!(rank == 4 && axes.AsSpan().SequenceEqual([2, 3])) && !(isJoined && axes.AsSpan().SequenceEqual([2])))
            throw new UnsupportedException("it does not average over the pixels of a feature map");
        FeatureValue mean = call.Emit(new GlobalAveragePool(), value.Node);
        return call.Node.FindInteger("keepdims") is not 0
            ? new FeatureValue(mean.Node, [mean.Shape[0], .. Enumerable.Repeat(1, rank - 2)])
            : ShapeOperators.View(call, mean, [mean.Shape[0]]);
    }
}
