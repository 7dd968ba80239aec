using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>
/// Multiplications and additions of constants per channel. A chain of them becomes one layer: of a feature map <see cref="ChannelAffine"/>, or the bias of the
/// convolution before; of a vector they go into the fully connected layer before.
/// </summary>
internal static class ChannelArithmetic
{
    /// <summary>What the exporter of this library appends to the name of an affine layer for its first half; nothing else joins such a pair.</summary>
    public const string FirstHalf = "/Mul";

    /// <summary>The numbers of a constant that is added to a value, or multiplied with it: one for all channels, or one for each.</summary>
    public static double[] ReadChannels(OperatorCall call, int feature, int constant)
    {
        int[] shape = call.Feature(feature).Shape;
        Tensor values = call.Floats(constant);
        if (values.Length == 1 && values.Rank <= shape.Length + 1)
            return [values.Span[0]];

        // Shapes are aligned at their ends; all but the channel must be 1.
        int channelFromEnd = shape.Length;
        bool fits = values.Rank >= channelFromEnd && values.Rank <= shape.Length + 1 && values.Length == shape[0]
            && values[values.Rank - channelFromEnd] == shape[0];
        if (!fits)
            throw new UnsupportedException($"its constant of shape {values} is not one number for each channel of {OperatorCall.FormatBatch(shape)}");
        return [.. values.Span.ToArray().Select(value => (double)value)];
    }

    /// <summary>y = scale·x + shift, each one number or one for each channel.</summary>
    public static FeatureValue Apply(OperatorCall call, int input, double[] scale, double[] shift)
    {
        FeatureValue value = call.Feature(input);
        int channels = value.Shape[0];
        bool isAddition = scale.All(factor => factor == 1);
        call.Budget.Take(2L * channels);
        Tensor scales = Widen(scale, channels), shifts = Widen(shift, channels);
        if (value.Shape.Length == 1)
            return FoldIntoLinear(call, value, input, scales.Span, shifts.Span);

        Node map = call.Map(value);
        if (isAddition && map.Layer is Conv2d { Bias: null } conv && value.OpenAffine is null && call.IsOnlyUse(input))
            return call.Of(call.Graph.Remake(map, conv.With(conv.Weight, shifts)));
        if (map.Layer is ChannelAffine before && value.OpenAffine is { } opened && call.IsOnlyUse(input))
        {
            Compose(before, scales.Span, shifts.Span);
            Node joined = call.Graph.Add(call.Node.Name, new ChannelAffine(scales, shifts), map.Inputs[0]);
            bool isComplete = opened == call.Node.Name + FirstHalf;
            return new FeatureValue(joined, value.Shape) { OpenAffine = isComplete ? null : call.Node.Name };
        }

        Node made = call.Graph.Add(call.Node.Name, new ChannelAffine(scales, shifts), map);
        return new FeatureValue(made, value.Shape) { OpenAffine = call.Node.Name };
    }

    /// <summary>y = scale·x + shift on the output of a fully connected layer that nothing else reads.</summary>
    public static FeatureValue FoldIntoLinear(OperatorCall call, FeatureValue value, int input, ReadOnlySpan<float> scale, ReadOnlySpan<float> shift)
    {
        Node vector = call.Vector(value);
        if (vector.Layer is not Linear linear || !call.IsOnlyUse(input))
            throw new UnsupportedException("it scales or shifts a vector that is not the output of a fully connected layer of its own");
        if (scale.Length != linear.Outputs)
            throw new UnsupportedException($"it has {scale.Length} channels, but its input {linear.Outputs}");
        call.Budget.Take(linear.Outputs + (long)linear.Weight.Length);
        Tensor weight = linear.Weight.Clone();
        var bias = new Tensor(linear.Outputs);
        for (int o = 0; o < linear.Outputs; o++)
        {
            foreach (ref float element in weight.Span.Slice(o * linear.Inputs, linear.Inputs))
                element *= scale[o];
            bias.Span[o] = (float)((double)scale[o] * (linear.Bias?.Span[o] ?? 0) + shift[o]);
        }

        return call.Of(call.Graph.Remake(vector, new Linear(weight, bias)));
    }

    /// <summary>scale·(before(x)) + shift as one multiplication and one addition.</summary>
    private static void Compose(ChannelAffine before, Span<float> scale, Span<float> shift)
    {
        for (int c = 0; c < scale.Length; c++)
        {
            double earlier = (double)scale[c] * before.Shift.Span[c];
            shift[c] = earlier == 0 ? shift[c] : (float)(earlier + shift[c]);
            scale[c] = (float)((double)scale[c] * before.Scale.Span[c]);
        }
    }

    private static Tensor Widen(double[] values, int channels)
    {
        var wide = new Tensor(channels);
        for (int c = 0; c < channels; c++)
            wide.Span[c] = (float)values[values.Length == 1 ? 0 : c];
        return wide.IsFinite() ? wide : throw new UnsupportedException("its constant leads to values that are not finite numbers");
    }
}
