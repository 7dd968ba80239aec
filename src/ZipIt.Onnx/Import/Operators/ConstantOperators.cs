using ZipIt.Networks;
using ZipIt.Onnx.Proto;

namespace ZipIt.Onnx;

/// <summary>Arithmetic with constants while the file is read: what exporters leave between stored weights and layers, and between shapes.</summary>
internal static class ConstantOperators
{
    public static KeyValuePair<string, Operator>[] All { get; } =
    [
        new("Constant", call => [ReadConstant(call)]),
        new("Identity", call => [call.Constant(0)]),
        new("Dropout", call => [call.Constant(0)]),
        new("Cast", call => [Cast(call)]),
        new("Add", call => [Combine(call, (a, b) => a + b, (a, b) => checked(a + b))]),
        new("Sub", call => [Combine(call, (a, b) => a - b, (a, b) => checked(a - b))]),
        new("Mul", call => [Combine(call, (a, b) => a * b, (a, b) => checked(a * b))]),
        new("Div", call => [Combine(call, (a, b) => a / b, Divide)]),
        new("Pow", call => [Combine(call, Math.Pow, null)]),
        new("Neg", call => [Map(call, value => -value)]),
        new("Sqrt", call => [Map(call, Math.Sqrt)]),
        new("Reciprocal", call => [Map(call, value => 1 / value)]),
        new("Exp", call => [Map(call, Math.Exp)]),
        new("Floor", call => [Map(call, Math.Floor)]),
        new("Ceil", call => [Map(call, Math.Ceiling)]),
    ];

    /// <summary>The single number that a Constant node holds; null if it holds something else.</summary>
    public static float? FindScalar(ImportNode node) => node.FindFloat("value_float") ?? node.FindInteger("value_int");

    private static ConstantValue ReadConstant(OperatorCall call)
    {
        ImportNode node = call.Node;
        if (node.FindTensor("value") is { } tensor)
            return call.Read(tensor);
        if (node.FindFloat("value_float") is { } number)
            return ConstantValue.Of(new Tensor(new[] { number }));
        if (node.FindInteger("value_int") is { } integer)
            return ConstantValue.Of([integer], []);
        if (node.FindFloats("value_floats") is { } numbers)
            return ConstantValue.Of(new Tensor(numbers, numbers.Length));
        if (node.FindIntegers("value_ints") is { } integers)
            return ConstantValue.Of(integers, [integers.Length]);
        throw new UnsupportedException("its constant is no dense tensor of numbers");
    }

    private static ConstantValue Cast(OperatorCall call)
    {
        const int Half = 10, Double = 11, BFloat16 = 16, Float = 1;
        ConstantValue value = call.Constant(0);
        bool toFloats = call.Node.FindInteger("to") is Float or Half or Double or BFloat16;
        if (toFloats == (value.Floats is not null))
            return value;
        call.Budget.Take(value.Length);
        if (toFloats)
        {
            CheckKnown(value.Integers!);
            return ConstantValue.Of(new Tensor(Array.ConvertAll(value.Integers!, integer => (float)integer), value.Shape));
        }

        // Conversions to whole numbers cut the fraction off; what does not fit ends at the limits.
        return ConstantValue.Of(Array.ConvertAll(call.Floats(0).Span.ToArray(), number => (long)Math.Clamp(number, -1e18f, 1e18f)), value.Shape);
    }

    private static ConstantValue Map(OperatorCall call, Func<double, double> function)
    {
        ConstantValue value = call.Constant(0);
        call.Budget.Take(value.Length);
        if (value.Integers is { } integers)
        {
            CheckKnown(integers);
            return ConstantValue.Of(Array.ConvertAll(integers, integer => checked((long)function(integer))), value.Shape);
        }

        return ConstantValue.Of(new Tensor(Array.ConvertAll(value.Floats!.Span.ToArray(), number => (float)function(number)), value.Shape));
    }

    private static ConstantValue Combine(OperatorCall call, Func<double, double, double> floats, Func<long, long, long>? integers)
    {
        ConstantValue first = call.Constant(0), second = call.Constant(1);
        if (first.Floats is null != second.Floats is null)
            throw new UnsupportedException("it combines whole numbers with others");
        int[] shape = Broadcasting.Join(first.Shape, second.Shape);
        int count = call.Budget.Take(shape);
        int[] left = Broadcasting.Indices(call, first.Shape, shape, count), right = Broadcasting.Indices(call, second.Shape, shape, count);
        if (first.Floats is not null)
        {
            var result = new Tensor(shape);
            for (int i = 0; i < count; i++)
                result.Span[i] = (float)floats(first.Floats.Span[left[i]], second.Floats!.Span[right[i]]);
            return ConstantValue.Of(result);
        }

        if (integers is null)
            throw new UnsupportedException("it is not supported for whole numbers");
        CheckKnown(first.Integers!);
        CheckKnown(second.Integers!);
        var whole = new long[count];
        for (int i = 0; i < count; i++)
            whole[i] = integers(first.Integers![left[i]], second.Integers![right[i]]);
        return ConstantValue.Of(whole, shape);
    }

    private static long Divide(long dividend, long divisor) =>
        divisor is 0 or -1 ? (divisor == 0 ? throw new UnsupportedException("it divides by zero") : checked(-dividend)) : dividend / divisor;

    private static void CheckKnown(long[] integers)
    {
        if (integers.Contains(ConstantValue.Batch))
            throw new UnsupportedException("it computes with the number of images");
    }
}
