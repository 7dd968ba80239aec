using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>Functions of each value alone, and the softmax.</summary>
internal static class ActivationOperators
{
    public static KeyValuePair<string, Operator>[] All { get; } =
    [
        new("Relu", call => [Apply(call, new ReLU())]),
        new("LeakyRelu", call => [Apply(call, new LeakyReLU(call.Node.FindFloat("alpha") ?? 0.01f))]),
        new("PRelu", call => [Rectify(call)]),
        new("Elu", call => [Apply(call, new ELU(call.Node.FindFloat("alpha") ?? 1))]),
        new("HardSwish", call => [Apply(call, new HardSwish())]),
        new("Clip", call => [Clamp(call)]),
        new("Sigmoid", call => [Apply(call, new Sigmoid())]),
        new("Tanh", call => [Apply(call, new Tanh())]),
        new("Swish", call => [Swish(call)]),
        new("Gelu", call => [Apply(call, new GELU(call.Node.FindText("approximate") == "tanh"))]),
        new("Softmax", call => [Normalize(call)]),
    ];

    private static FeatureValue Apply(OperatorCall call, Layer layer) => call.EmitActivation(layer, call.Feature(0));

    /// <summary>Slopes are one number, or one for each channel.</summary>
    private static FeatureValue Rectify(OperatorCall call)
    {
        double[] slopes = ChannelArithmetic.ReadChannels(call, 0, 1);
        if (slopes.Length == 1 && call.Feature(0).Shape[0] > 1)
            return Apply(call, new LeakyReLU((float)slopes[0]));
        FeatureValue value = call.Feature(0);
        return call.Emit(new PReLU(new Tensor(Array.ConvertAll(slopes, slope => (float)slope), slopes.Length)), value.Shape.Length == 3 ? call.Map(value) : call.Vector(value));
    }

    private static FeatureValue Clamp(OperatorCall call)
    {
        const int FirstWithInputs = 11;
        float lower = call.Opset < FirstWithInputs ? call.Node.FindFloat("min") ?? float.MinValue : call.Has(1) ? call.Scalar(1) : float.MinValue;
        float upper = call.Opset < FirstWithInputs ? call.Node.FindFloat("max") ?? float.MaxValue : call.Has(2) ? call.Scalar(2) : float.MaxValue;
        lower = Math.Max(lower, float.MinValue);
        upper = Math.Min(upper, float.MaxValue);
        return (lower, upper) switch
        {
            (float.MinValue, float.MaxValue) => call.Feature(0),
            (0, float.MaxValue) => Apply(call, new ReLU()),
            _ => Apply(call, new Clip(lower, upper)),
        };
    }

    private static FeatureValue Swish(OperatorCall call) => call.Node.FindFloat("alpha") is null or 1
        ? Apply(call, new SiLU())
        : throw new UnsupportedException("its alpha is not 1");

    private static FeatureValue Normalize(OperatorCall call)
    {
        const int FirstOfOneAxis = 13;
        FeatureValue value = call.Feature(0);
        int rank = value.Shape.Length + 1;
        int axis = call.Axis(call.Node.FindInteger("axis") ?? (call.Opset < FirstOfOneAxis ? 1 : -1), rank);

        // Older versions take all dimensions from the axis on together.
        bool isOverChannels = axis == 1 && (call.Opset >= FirstOfOneAxis || value.Shape.Skip(1).All(extent => extent == 1));
        return isOverChannels
            ? call.Emit(new Softmax(), rank == 4 ? call.Map(value) : call.Vector(value))
            : throw new UnsupportedException("it does not normalize over the channels");
    }
}
