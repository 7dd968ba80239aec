namespace ZipIt.Networks;

/// <summary>
/// Joins groups of a convolution until their outputs fill a vector: the weights between different groups are zeros. Half-filled vectors would take as long, and
/// their results would have to be copied.
/// </summary>
internal static class GroupJoining
{
    /// <summary>The convolution with as few groups as that allows.</summary>
    /// <param name="conv">The convolution.</param>
    /// <param name="lanes">Floats in a vector.</param>
    public static Conv2d Join(Conv2d conv, int lanes)
    {
        int outputs = conv.OutputChannels / conv.Groups, inputs = conv.InputChannels / conv.Groups;
        int joined = Math.Clamp(lanes / outputs, 1, conv.Groups);
        while (conv.Groups % joined != 0)
            joined--;
        if (joined == 1)
            return conv;
        int size = inputs * conv.Kernel.Height * conv.Kernel.Width;
        var weight = new Tensor(conv.OutputChannels, joined * inputs, conv.Kernel.Height, conv.Kernel.Width);
        for (int n = 0; n < conv.OutputChannels; n++)
        {
            int place = n / outputs % joined;
            conv.Weight.Span.Slice(n * size, size).CopyTo(weight.Span[((n * joined + place) * size)..]);
        }

        return new Conv2d(weight, conv.Bias, conv.Stride, conv.Padding, conv.Dilation, conv.Groups / joined);
    }
}
