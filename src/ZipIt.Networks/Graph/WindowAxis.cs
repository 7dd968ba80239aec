namespace ZipIt.Networks;

/// <summary>
/// The windows of a convolution or pool along the rows or the columns of its input. Making one proves, in 64-bit arithmetic, what the kernels rely on: window i
/// begins at i·stride − padding, all windows begin inside the input or its padding, and no sum or product of these numbers leaves 32 bits.
/// </summary>
internal readonly record struct WindowAxis
{
    private WindowAxis(Node node, int input, int kernel, int stride, int padding, int dilation, bool ceiling)
    {
        CheckExtent(node, "an input", input, 1);
        CheckExtent(node, "a kernel", kernel, 1);
        CheckExtent(node, "a stride", stride, 1);
        CheckExtent(node, "a padding", padding, 0);
        CheckExtent(node, "a dilation", dilation, 1);
        long padded = input + 2L * padding;
        long room = padded - (long)dilation * (kernel - 1) - 1;
        CheckExtent(node, "a padded input", padded, 1);
        if (room < 0)
            throw Refuse(node, $"has a window of {kernel} (dilation {dilation}), larger than its padded input of {input} + 2·{padding}");

        // In ceiling mode the last window may stick out, but must start inside the input or its left padding.
        long count = (ceiling ? room + stride - 1 : room) / stride + 1;
        if (ceiling && (count - 1) * stride >= input + (long)padding)
            count--;
        (Input, Output, Kernel, Stride, Padding, Dilation) = (input, (int)count, kernel, stride, padding, dilation);
    }

    /// <summary>Extent of the input in pixels, without padding.</summary>
    public int Input { get; }

    /// <summary>Number of windows: the extent of the output in pixels.</summary>
    public int Output { get; }

    /// <summary>Number of taps.</summary>
    public int Kernel { get; }

    /// <summary>Distance between neighbouring windows in pixels.</summary>
    public int Stride { get; }

    /// <summary>Pixels added on each side.</summary>
    public int Padding { get; }

    /// <summary>Distance between neighbouring taps in pixels.</summary>
    public int Dilation { get; }

    /// <summary>The windows of a convolution or pool along the rows of its input.</summary>
    /// <param name="node">The node, whose layer is a <see cref="Conv2d"/> or a <see cref="Pool2d"/>.</param>
    /// <param name="height">Height of the input.</param>
    /// <exception cref="ArgumentException">There is no window, or a number is beyond <see cref="NetworkLimits.Extent"/>; the message names the
    /// node.</exception>
    public static WindowAxis OfRows(Node node, int height) => node.Layer switch
    {
        Conv2d conv => new WindowAxis(node, height, conv.Kernel.Height, conv.Stride.Height, conv.Padding.Height, conv.Dilation.Height, false),
        Pool2d pool => new WindowAxis(node, height, pool.Kernel.Height, pool.Stride.Height, pool.Padding.Height, 1, pool.CeilingMode),
        _ => throw new ArgumentException($"Node '{NameList.Shorten(node.Name)}' ({node.Layer.Kind}) has no windows.", nameof(node)),
    };

    /// <summary>The windows of a convolution or pool along the columns of its input.</summary>
    /// <inheritdoc cref="OfRows"/>
    /// <param name="node">The node, whose layer is a <see cref="Conv2d"/> or a <see cref="Pool2d"/>.</param>
    /// <param name="width">Width of the input.</param>
    public static WindowAxis OfColumns(Node node, int width) => node.Layer switch
    {
        Conv2d conv => new WindowAxis(node, width, conv.Kernel.Width, conv.Stride.Width, conv.Padding.Width, conv.Dilation.Width, false),
        Pool2d pool => new WindowAxis(node, width, pool.Kernel.Width, pool.Stride.Width, pool.Padding.Width, 1, pool.CeilingMode),
        _ => throw new ArgumentException($"Node '{NameList.Shorten(node.Name)}' ({node.Layer.Kind}) has no windows.", nameof(node)),
    };

    /// <summary>
    /// The part of a window without dilation that lies inside the input, which is never empty, and the window's extent inside the padded input.
    /// </summary>
    public (int First, int Last, int Padded) WindowAt(int index)
    {
        int first = index * Stride - Padding;
        int last = Math.Min(first + Kernel, Input + Padding);
        return (Math.Max(first, 0), Math.Min(last, Input), last - first);
    }

    /// <summary>Number of the last window whose taps all lie inside the input; −1 or less if there is none.</summary>
    public int LastWhole => Math.Min(Output - 1, Div(Input - 1 - Dilation * (Kernel - 1) + Padding));

    /// <summary>The taps of a window that lie inside the input: the pixel under the first, the first, and their number, which may be 0.</summary>
    public (int Pixel, int First, int Count) TapsAt(int index)
    {
        int begin = index * Stride - Padding;
        int first = begin < 0 ? (Dilation - 1 - begin) / Dilation : 0;
        int pixel = begin + first * Dilation;
        int count = pixel >= Input ? 0 : Math.Min(Kernel - first, (Input - 1 - pixel) / Dilation + 1);
        return count > 0 ? (pixel, first, count) : (0, 0, 0);
    }

    private int Div(int room) => room < 0 ? -1 : room / Stride;

    private static void CheckExtent(Node node, string what, long extent, int least)
    {
        if (extent < least || extent > NetworkLimits.Extent)
            throw Refuse(node, $"has {what} of {extent} pixels; at most {NetworkLimits.Extent} are supported");
    }

    private static ArgumentException Refuse(Node node, string problem) => new($"Node '{NameList.Shorten(node.Name)}' ({node.Layer.Kind}) {problem}.");
}
