using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>Reads the attributes that convolutions and poolings share.</summary>
internal static class Window
{
    /// <summary>Largest stride, dilation, kernel or padding; images are not larger.</summary>
    private const int Largest = 1 << 20;

    /// <summary>Two extents; one each if the attribute is left out.</summary>
    public static Size2 ReadSize(OperatorCall call, string attribute) => call.Node.FindIntegers(attribute) switch
    {
        null => 1,
        [>= 1 and <= Largest, >= 1 and <= Largest] and [var height, var width] => new Size2((int)height, (int)width),
        var values => throw new UnsupportedException($"its {attribute} are [{string.Join(", ", values)}]; two positive numbers were expected"),
    };

    /// <summary>The padding, given or as much as <c>auto_pad</c> needs.</summary>
    /// <param name="call">The operator.</param>
    /// <param name="shape">Shape of the feature map [channels, height, width].</param>
    /// <param name="kernel">Extent of the window in pixels, dilation included.</param>
    /// <param name="stride">Distance of the windows.</param>
    public static Border ReadBorder(OperatorCall call, int[] shape, Size2 kernel, Size2 stride)
    {
        string mode = call.Node.FindText("auto_pad") ?? "NOTSET";
        switch (mode)
        {
            case "VALID":
                return default;
            case "SAME_UPPER" or "SAME_LOWER":
                (int top, int bottom) = Split(shape[1], kernel.Height, stride.Height, mode == "SAME_LOWER");
                (int left, int right) = Split(shape[2], kernel.Width, stride.Width, mode == "SAME_LOWER");
                return new Border(top, left, bottom, right);
            case "NOTSET" or "":
                return call.Node.FindIntegers("pads") switch
                {
                    null => default,
                    { Length: 4 } pads when pads.All(pad => pad is >= 0 and <= Largest) => new Border((int)pads[0], (int)pads[1], (int)pads[2], (int)pads[3]),
                    var pads => throw new UnsupportedException($"its pads are [{string.Join(", ", pads)}]; four numbers of at least 0 were expected"),
                };
            default:
                throw new UnsupportedException($"its auto_pad is '{NameList.Shorten(mode)}'");
        }
    }

    /// <summary>As many pixels as let the windows cover ⌈extent / stride⌉ places; an odd one stands at the end, or at the start if asked.</summary>
    private static (int Start, int End) Split(int extent, int kernel, int stride, bool oddAtStart)
    {
        long places = (extent + (long)stride - 1) / stride;
        int total = checked((int)Math.Max((places - 1) * stride + kernel - extent, 0));
        int smaller = total / 2;
        return oddAtStart ? (total - smaller, smaller) : (smaller, total - smaller);
    }
}
