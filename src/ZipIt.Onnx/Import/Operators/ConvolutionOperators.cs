using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>Conv, with the zeros that operators before it have added to its input.</summary>
internal static class ConvolutionOperators
{
    public static KeyValuePair<string, Operator>[] All { get; } =
    [
        new("Conv", call => [Convolve(call)]),
    ];

    private static FeatureValue Convolve(OperatorCall call)
    {
        FeatureValue input = call.PaddedFeature(0);
        Node map = call.Map(input);
        Tensor weight = call.Floats(1);
        if (weight.Rank != 4)
            throw new UnsupportedException($"its weights are of shape {weight}; convolutions over images are supported");
        var kernel = new Size2(weight[2], weight[3]);
        if (call.Node.FindIntegers("kernel_shape") is { } declared && !declared.SequenceEqual([kernel.Height, kernel.Width]))
            throw new UnsupportedException($"its kernel_shape is {string.Join("×", declared)}, but its weights are of shape {weight}");
        Size2 stride = Window.ReadSize(call, "strides");
        Size2 dilation = Window.ReadSize(call, "dilations");
        long groups = call.Node.FindInteger("group") ?? 1;
        if (groups < 1 || groups > weight[0])
            throw new UnsupportedException($"it has {groups} groups and {weight[0]} output channels");
        Tensor? bias = call.Has(2) ? call.Floats(2, weight[0]) : null;

        int[] shape = call.Graph.ShapeOf(map);
        var extended = new Size2(dilation.Height * (kernel.Height - 1) + 1, dilation.Width * (kernel.Width - 1) + 1);
        Border border = Window.ReadBorder(call, input.Shape, extended, stride);
        if (input.Padding is { } before)
            border = border.Plus(before);
        if (border.IsSymmetric)
            return call.Emit(new Conv2d(weight, bias, stride, border.Start, dilation, (int)groups), map);

        (int padTop, int aboveTaps, int belowTaps) = Balance(shape[1], extended.Height, stride.Height, dilation.Height, border.Top, border.Bottom);
        (int padLeft, int leftTaps, int rightTaps) = Balance(shape[2], extended.Width, stride.Width, dilation.Width, border.Left, border.Right);
        Tensor wider = Extend(call, weight, aboveTaps, belowTaps, leftTaps, rightTaps);
        return call.Emit(new Conv2d(wider, bias, stride, new Size2(padTop, padLeft), dilation, (int)groups), map);
    }

    /// <summary>
    /// A convolution whose padding differs between the two sides is one with equal padding and a kernel that has taps of zero on one side: a tap more at the
    /// start and a padding that is larger by one dilation leave the windows where they were.
    /// </summary>
    private static (int Padding, int TapsBefore, int TapsAfter) Balance(int extent, int kernel, int stride, int dilation, int start, int end)
    {
        int before = end > start ? (end - start + dilation - 1) / dilation : 0;
        int after = start > end ? (start - end) / dilation : 0;
        int padding = checked(start + before * dilation);
        long wanted = (extent + (long)start + end - kernel) / stride;
        long found = (extent + 2L * padding - kernel - (before + (long)after) * dilation) / stride;
        return wanted == found
            ? (padding, before, after)
            : throw new UnsupportedException(
                $"its padding of {start} and {end} pixels on two sides, with stride {stride} and dilation {dilation}, has no layer");
    }

    private static Tensor Extend(OperatorCall call, Tensor weight, int above, int below, int left, int right)
    {
        int[] shape = [weight[0], weight[1], checked(weight[2] + above + below), checked(weight[3] + left + right)];
        call.Budget.Take(shape);
        var wider = new Tensor(shape);
        int row = weight[3];
        for (int plane = 0; plane < weight[0] * weight[1]; plane++)
        {
            for (int y = 0; y < weight[2]; y++)
            {
                Span<float> target = wider.Span.Slice((plane * shape[2] + above + y) * shape[3] + left, row);
                weight.Span.Slice((plane * weight[2] + y) * row, row).CopyTo(target);
            }
        }

        return wider;
    }
}
