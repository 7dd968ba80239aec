using System.Numerics.Tensors;
using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>BatchNormalization with stored statistics, InstanceNormalization, and the operators that do nothing once a network is trained.</summary>
internal static class NormalizationOperators
{
    public static KeyValuePair<string, Operator>[] All { get; } =
    [
        new("BatchNormalization", call => [Normalize(call)]),
        new("InstanceNormalization", call => [NormalizeInstance(call)]),
        new("Dropout", call => [Drop(call)]),
        new("Identity", call => [call.Feature(0)]),
        new("Cast", call => [Cast(call)]),
    ];

    private static FeatureValue Normalize(OperatorCall call)
    {
        FeatureValue input = call.Feature(0);
        if (call.Node.FindInteger("training_mode") is not (null or 0))
            throw new UnsupportedException("it is in training mode; export the model for inference");
        if (call.Node.FindInteger("spatial") is 0)
            throw new UnsupportedException("it normalizes every pixel by itself (spatial = 0)");
        Tensor weight = call.Floats(1);
        int channels = weight.Length;
        Tensor variance = call.Floats(4, channels);
        if (channels == 0 || TensorPrimitives.Min<float>(variance.Span) < 0)
            throw new UnsupportedException("its variance is negative somewhere");
        float epsilon = call.Node.FindFloat("epsilon") ?? BatchNorm2d.DefaultEpsilon;
        var norm = new BatchNorm2d(call.Floats(1, channels), call.Floats(2, channels), call.Floats(3, channels), variance, epsilon);
        if (input.Shape.Length == 3)
            return call.Emit(norm, call.Map(input));
        (Tensor scale, Tensor shift) = norm.ToAffine();
        return ChannelArithmetic.FoldIntoLinear(call, input, 0, scale.Span, shift.Span);
    }

    private static FeatureValue NormalizeInstance(OperatorCall call)
    {
        FeatureValue input = call.Feature(0);
        int channels = input.Shape[0];
        float epsilon = call.Node.FindFloat("epsilon") ?? BatchNorm2d.DefaultEpsilon;
        return call.Emit(new InstanceNorm2d(call.Floats(1, channels), call.Floats(2, channels), epsilon), call.Map(input));
    }

    private static FeatureValue Drop(OperatorCall call)
    {
        // A dropout in training mode scales and drops; exporters write it when they were told to.
        if (call.Has(2) && call.Constant(2).Integers is [not 0])
            throw new UnsupportedException("it is in training mode; export the model for inference");
        return call.Feature(0);
    }

    private static FeatureValue Cast(OperatorCall call)
    {
        const int Float = 1, Half = 10, Double = 11, BFloat16 = 16;
        return call.Node.FindInteger("to") is Float or Half or Double or BFloat16
            ? call.Feature(0)
            : throw new UnsupportedException("it casts to a type that is no floating-point type");
    }
}
