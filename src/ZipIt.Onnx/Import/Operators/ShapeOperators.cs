using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>
/// Operators that leave the elements as they are and in their order: they become <see cref="Flatten"/>, or nothing, or another view of the same value.
/// </summary>
internal static class ShapeOperators
{
    public static KeyValuePair<string, Operator>[] All { get; } =
    [
        new("Flatten", call => [FlattenAll(call)]),
        new("Reshape", call => [Reshape(call)]),
        new("Squeeze", call => [Squeeze(call)]),
        new("Unsqueeze", call => [Unsqueeze(call)]),
        new("Transpose", call => [Transpose(call)]),
        new("Shape", call => [ReadShape(call)]),
    ];

    /// <summary>Another view of a value: a vector is made by <see cref="Flatten"/>, a map only where a vector was one before.</summary>
    public static FeatureValue View(OperatorCall call, FeatureValue value, int[] shape)
    {
        int[] own = call.Graph.ShapeOf(value.Node);
        if (own.AsSpan().SequenceEqual(shape))
            return call.Of(value.Node);
        if (shape.Length == 1 && own.Length == 3)
            return call.Of(call.Graph.Add(call.Node.Name, new Flatten(), value.Node));
        if (value.Node.Layer is Flatten && call.Graph.ShapeOf(value.Node.Inputs[0]).AsSpan().SequenceEqual(shape))
            return call.Of(value.Node.Inputs[0]);
        return new FeatureValue(value.Node, shape);
    }

    private static FeatureValue FlattenAll(OperatorCall call)
    {
        FeatureValue value = call.Feature(0);
        long axis = call.Node.FindInteger("axis") ?? 1;
        if (axis != 1 && axis != -value.Shape.Length)
            throw new UnsupportedException("it does not keep the images of a batch apart");
        return call.Emit(new Flatten(), value.Node);
    }

    private static FeatureValue Reshape(OperatorCall call)
    {
        const int FirstWithInput = 5;
        FeatureValue value = call.Feature(0);
        long[] target = call.Opset < FirstWithInput ? call.Node.FindIntegers("shape") ?? [] : call.Integers(1);
        bool keepsZero = call.Node.FindInteger("allowzero") is not (null or 0);
        if (target.Length == 0 || target.Any(extent => extent != ConstantValue.Batch && (extent < -1 || extent > int.MaxValue || (keepsZero && extent == 0))))
            throw new UnsupportedException($"its target shape [{string.Join(", ", target.Select(Show))}] is not supported");

        long elements = value.Shape.Aggregate(1L, (product, extent) => checked(product * extent));
        var shape = new long[target.Length - 1];
        for (int i = 0; i < shape.Length; i++)
        {
            shape[i] = target[i + 1] == 0
                ? i < value.Shape.Length ? value.Shape[i] : throw new UnsupportedException("its target shape keeps a dimension that its input lacks")
                : target[i + 1];
        }

        long known = shape.Where(extent => extent > 0).Aggregate(1L, (product, extent) => checked(product * extent));
        int open = shape.Count(extent => extent == -1);
        if (open == 1 && known > 0 && elements % known == 0)
            shape[Array.IndexOf(shape, -1)] = elements / known;

        bool keepsBatch = target[0] is ConstantValue.Batch or 0
            || (target[0] == -1 && open == 0)
            || (target[0] > 0 && target[0] == call.FixedBatch);
        if (!keepsBatch || shape.Any(extent => extent < 1 || extent > int.MaxValue)
            || shape.Aggregate(1L, (product, extent) => checked(product * extent)) != elements)
        {
            throw new UnsupportedException(
                $"it does not keep the images of a batch apart: {OperatorCall.FormatBatch(value.Shape)} becomes [{string.Join(", ", target.Select(Show))}]");
        }

        return View(call, value, [.. shape.Select(extent => (int)extent)]);
    }

    private static FeatureValue Squeeze(OperatorCall call)
    {
        FeatureValue value = call.Feature(0);
        int rank = value.Shape.Length + 1;
        int[] axes = call.IntegersOf("axes", 1) is { } given
            ? [.. given.Select(axis => call.Axis(axis, rank))]
            : [.. Enumerable.Range(1, value.Shape.Length).Where(axis => value.Shape[axis - 1] == 1)];
        if (axes.Any(axis => axis == 0 || value.Shape[axis - 1] != 1))
            throw new UnsupportedException("it squeezes the batch, or a dimension that is not 1");
        return View(call, value, [.. value.Shape.Where((_, i) => !axes.Contains(i + 1))]);
    }

    private static FeatureValue Unsqueeze(OperatorCall call)
    {
        FeatureValue value = call.Feature(0);
        long[] given = call.IntegersOf("axes", 1) ?? throw new UnsupportedException("it has no axes");
        int rank = checked(value.Shape.Length + 1 + given.Length);
        HashSet<int> axes = [.. given.Select(axis => call.Axis(axis, rank))];
        if (axes.Count != given.Length || axes.Contains(0) || rank > 8)
            throw new UnsupportedException("it puts a dimension before the batch, or two in one place");
        var shape = new List<int>();
        int next = 0;
        for (int axis = 1; axis < rank; axis++)
            shape.Add(axes.Contains(axis) ? 1 : value.Shape[next++]);
        return View(call, value, [.. shape]);
    }

    private static FeatureValue Transpose(OperatorCall call)
    {
        FeatureValue value = call.Feature(0);
        int rank = value.Shape.Length + 1;
        long[] order = call.Node.FindIntegers("perm") ?? [.. Enumerable.Range(0, rank).Reverse().Select(axis => (long)axis)];
        if (!order.Order().SequenceEqual(Enumerable.Range(0, rank).Select(axis => (long)axis)))
            throw new UnsupportedException("its perm is no order of the dimensions");
        int[] moved = [.. order.Where(axis => axis > 0 && value.Shape[axis - 1] != 1).Select(axis => (int)axis)];
        if (order[0] != 0 || !moved.SequenceEqual(moved.Order()))
        {
            throw new UnsupportedException(
                $"it changes the order of the elements of {OperatorCall.FormatBatch(value.Shape)}; networks of [batch, channels, height, width] are supported");
        }

        return View(call, value, [.. order.Skip(1).Select(axis => value.Shape[axis - 1])]);
    }

    private static ConstantValue ReadShape(OperatorCall call)
    {
        int[] shape = call.Feature(0).Shape;
        long[] all = [ConstantValue.Batch, .. shape];
        return ConstantShapeOperators.Shape(call, all);
    }

    private static string Show(long extent) => extent == ConstantValue.Batch ? "batch" : $"{extent}";
}
