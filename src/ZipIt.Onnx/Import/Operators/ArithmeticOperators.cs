using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>Sums of values, and the four operations with constants per channel.</summary>
internal static class ArithmeticOperators
{
    public static KeyValuePair<string, Operator>[] All { get; } =
    [
        new("Add", call => [Add(call)]),
        new("Sum", call => [Sum(call)]),
        new("Sub", call => [Subtract(call)]),
        new("Mul", call => [Multiply(call)]),
        new("Div", call => [Divide(call)]),
        new("Neg", call => [ChannelArithmetic.Apply(call, 0, [-1], [0])]),
    ];

    private static FeatureValue Add(OperatorCall call)
    {
        (int feature, int? constant) = Sides(call);
        return constant is { } other
            ? ChannelArithmetic.Apply(call, feature, [1], ChannelArithmetic.ReadChannels(call, feature, other))
            : Sum(call);
    }

    private static FeatureValue Sum(OperatorCall call)
    {
        FeatureValue[] values = [.. Enumerable.Range(0, call.Inputs.Count).Select(call.Feature)];
        if (values.Length == 1)
            return values[0];
        FeatureValue first = values[0];
        foreach (FeatureValue value in values)
        {
            if (!value.Shape.AsSpan().SequenceEqual(first.Shape) || !call.Graph.ShapeOf(value.Node).AsSpan().SequenceEqual(call.Graph.ShapeOf(first.Node)))
                throw new UnsupportedException($"it adds values of shapes {OperatorCall.FormatBatch(first.Shape)} and {OperatorCall.FormatBatch(value.Shape)}");
        }

        return new FeatureValue(call.Graph.Add(call.Node.Name, new Add(), [.. values.Select(value => value.Node)]), first.Shape);
    }

    private static FeatureValue Subtract(OperatorCall call)
    {
        (int feature, int? constant) = Sides(call);
        if (constant is not { } other)
            throw new UnsupportedException("it subtracts two values that both depend on the images");
        double[] summands = ChannelArithmetic.ReadChannels(call, feature, other);
        return feature == 0
            ? ChannelArithmetic.Apply(call, feature, [1], [.. summands.Select(value => -value)])
            : ChannelArithmetic.Apply(call, feature, [-1], summands);
    }

    private static FeatureValue Multiply(OperatorCall call)
    {
        (int feature, int? constant) = Sides(call);
        return constant is { } other
            ? ChannelArithmetic.Apply(call, feature, ChannelArithmetic.ReadChannels(call, feature, other), [0])
            : throw new UnsupportedException("it multiplies two values that both depend on the images, and is no known activation");
    }

    private static FeatureValue Divide(OperatorCall call)
    {
        (int feature, int? constant) = Sides(call);
        return constant == 1 && feature == 0
            ? ChannelArithmetic.Apply(call, feature, [.. ChannelArithmetic.ReadChannels(call, feature, 1).Select(value => 1 / value)], [0])
            : throw new UnsupportedException("it divides by a value that depends on the images");
    }

    private static (int Feature, int? Constant) Sides(OperatorCall call) => (call.Inputs[0], call.Inputs[1]) switch
    {
        (FeatureValue, FeatureValue) => (0, null),
        (FeatureValue, ConstantValue) => (0, 1),
        (ConstantValue, FeatureValue) => (1, 0),
        _ => throw new UnsupportedException("one of its inputs is missing"),
    };
}
