using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>Operators that rearrange constants: mostly the numbers that target shapes are made of, sometimes weights.</summary>
internal static class ConstantShapeOperators
{
    public static KeyValuePair<string, Operator>[] All { get; } =
    [
        new("Shape", call => [Shape(call, [.. call.Constant(0).Shape.Select(extent => (long)extent)])]),
        new("Gather", call => [Gather(call)]),
        new("Slice", call => [Slice(call)]),
        new("Concat", call => [Join(call)]),
        new("Reshape", call => [Reshape(call)]),
        new("Squeeze", call => [Squeeze(call)]),
        new("Unsqueeze", call => [Unsqueeze(call)]),
        new("Transpose", call => [Transpose(call)]),
        new("ConstantOfShape", call => [Fill(call)]),
        new("Expand", call => [Expand(call)]),
        new("ReduceProd", call => [Multiply(call)]),
    ];

    /// <summary>The part of a shape that the attributes start and end leave.</summary>
    public static ConstantValue Shape(OperatorCall call, long[] shape)
    {
        var range = IndexRange.Of(shape.Length, call.Node.FindInteger("start") ?? 0, call.Node.FindInteger("end") ?? shape.Length, 1);
        return ConstantValue.Of(shape[range.Start..(range.Start + range.Count)], [range.Count]);
    }

    private static ConstantValue Gather(OperatorCall call)
    {
        ConstantValue value = call.Constant(0);
        int axis = call.Axis(call.Node.FindInteger("axis") ?? 0, value.Shape.Length);
        ConstantValue indices = call.Constant(1);
        int[] picked = [.. call.Integers(1).Select(index => call.Axis(index, value.Shape[axis]))];
        return Pick(call, value, axis, picked, [.. value.Shape[..axis], .. indices.Shape, .. value.Shape[(axis + 1)..]]);
    }

    private static ConstantValue Slice(OperatorCall call)
    {
        ConstantValue value = call.Constant(0);
        long[] starts = call.IntegersOf("starts", 1) ?? throw new UnsupportedException("it has no starts");
        long[] ends = call.IntegersOf("ends", 2) ?? throw new UnsupportedException("it has no ends");
        long[] axes = call.IntegersOf("axes", 3) ?? [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        long[] steps = call.Has(4) ? call.Integers(4) : [.. Enumerable.Repeat(1L, starts.Length)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length)
            throw new UnsupportedException("its starts, ends, axes and steps differ in number");
        for (int i = 0; i < starts.Length; i++)
        {
            int axis = call.Axis(axes[i], value.Shape.Length);
            var range = IndexRange.Of(value.Shape[axis], starts[i], ends[i], steps[i]);
            int[] shape = [.. value.Shape];
            shape[axis] = range.Count;
            value = Pick(call, value, axis, range.ToIndices(), shape);
        }

        return value;
    }

    private static ConstantValue Join(OperatorCall call)
    {
        ConstantValue[] values = [.. Enumerable.Range(0, call.Inputs.Count).Select(call.Constant)];
        ConstantValue first = values[0];
        int axis = call.Axis(call.Node.FindInteger("axis") ?? throw new UnsupportedException("it has no axis"), first.Shape.Length);
        foreach (ConstantValue value in values)
        {
            bool fits = value.Floats is null == first.Floats is null && value.Shape.Length == first.Shape.Length
                && value.Shape.Select((extent, i) => i == axis || extent == first.Shape[i]).All(same => same);
            if (!fits)
                throw new UnsupportedException("its inputs differ in type or shape");
        }

        int[] shape = [.. first.Shape];
        shape[axis] = checked(values.Sum(value => value.Shape[axis]));
        int count = call.Budget.Take(shape);
        int outer = Product(shape.AsSpan(0, axis));
        float[]? floats = first.Floats is null ? null : new float[count];
        long[]? integers = floats is null ? new long[count] : null;
        int next = 0;
        for (int row = 0; row < outer; row++)
        {
            foreach (ConstantValue value in values)
            {
                int length = value.Length / outer;
                if (floats is not null)
                    value.Floats!.Span.Slice(row * length, length).CopyTo(floats.AsSpan(next));
                else
                    value.Integers.AsSpan(row * length, length).CopyTo(integers.AsSpan(next));
                next += length;
            }
        }

        return Make(floats, integers, shape);
    }

    private static ConstantValue Reshape(OperatorCall call)
    {
        ConstantValue value = call.Constant(0);
        int[] shape = [.. call.Integers(1)
            .Select(extent => extent is >= -1 and <= int.MaxValue ? (int)extent : throw new UnsupportedException("its target shape is not known"))];
        bool keepsZero = call.Node.FindInteger("allowzero") is not (null or 0);
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] == 0 && !keepsZero)
                shape[i] = i < value.Shape.Length ? value.Shape[i] : throw new UnsupportedException("its target shape keeps a dimension that its input lacks");
        }

        int open = Array.IndexOf(shape, -1);
        if (open >= 0)
        {
            int known = Product([.. shape.Where((_, i) => i != open)]);
            shape[open] = known > 0 ? value.Length / known : 0;
        }

        return shape.All(extent => extent >= 0) && Product(shape) == value.Length
            ? value.Reshape(shape)
            : throw new UnsupportedException($"{Tensor.FormatShape(value.Shape)} cannot become {Tensor.FormatShape(shape)}");
    }

    private static ConstantValue Squeeze(OperatorCall call)
    {
        ConstantValue value = call.Constant(0);
        int[] axes = call.IntegersOf("axes", 1) is { } given
            ? [.. given.Select(axis => call.Axis(axis, value.Shape.Length))]
            : [.. Enumerable.Range(0, value.Shape.Length).Where(axis => value.Shape[axis] == 1)];
        return axes.All(axis => value.Shape[axis] == 1)
            ? value.Reshape([.. value.Shape.Where((_, axis) => !axes.Contains(axis))])
            : throw new UnsupportedException("it squeezes a dimension that is not 1");
    }

    private static ConstantValue Unsqueeze(OperatorCall call)
    {
        ConstantValue value = call.Constant(0);
        long[] given = call.IntegersOf("axes", 1) ?? throw new UnsupportedException("it has no axes");
        int rank = value.Shape.Length + given.Length;
        HashSet<int> axes = [.. given.Select(axis => call.Axis(axis, rank))];
        if (axes.Count != given.Length || rank > 8)
            throw new UnsupportedException("it puts two dimensions in one place, or more than there may be");
        var rest = new Queue<int>(value.Shape);
        return value.Reshape([.. Enumerable.Range(0, rank).Select(axis => axes.Contains(axis) ? 1 : rest.Dequeue())]);
    }

    private static ConstantValue Transpose(OperatorCall call)
    {
        ConstantValue value = call.Constant(0);
        int rank = value.Shape.Length;
        int[] order = call.Node.FindIntegers("perm") is { } given
            ? [.. given.Select(axis => call.Axis(axis, rank))]
            : [.. Enumerable.Range(0, rank).Reverse()];
        if (!order.Order().SequenceEqual(Enumerable.Range(0, rank)))
            throw new UnsupportedException("its perm is no order of the dimensions");
        int[] shape = [.. order.Select(axis => value.Shape[axis])];
        int[] strides = [.. order.Select(axis => Product(value.Shape.AsSpan(axis + 1)))];
        call.Budget.Take(2L * value.Length);
        var indices = new int[value.Length];
        var position = new int[rank];
        int index = 0;
        for (int i = 0; i < indices.Length; i++)
        {
            indices[i] = index;
            for (int d = rank - 1; d >= 0; d--)
            {
                index += strides[d];
                if (++position[d] < shape[d])
                    break;
                index -= strides[d] * shape[d];
                position[d] = 0;
            }
        }

        return Take(value, indices, shape);
    }

    private static ConstantValue Fill(OperatorCall call)
    {
        ConstantValue filler = call.Node.FindTensor("value") is { } tensor ? call.Read(tensor) : ConstantValue.Of(new Tensor(1));
        if (filler.Length != 1)
            throw new UnsupportedException("its value is no single number");
        return Repeat(call, filler, ToShape(call.Integers(0)));
    }

    private static ConstantValue Expand(OperatorCall call)
    {
        ConstantValue value = call.Constant(0);
        return Repeat(call, value, Broadcasting.Join(value.Shape, ToShape(call.Integers(1))));
    }

    private static ConstantValue Multiply(OperatorCall call)
    {
        long[] values = call.Integers(0);
        if (call.Constant(0).Shape.Length != 1 || values.Contains(ConstantValue.Batch))
            throw new UnsupportedException("it multiplies something else than known extents");
        long product = values.Aggregate(1L, (a, b) => checked(a * b));
        return ConstantValue.Of([product], call.Node.FindInteger("keepdims") is 0 ? [] : [1]);
    }

    private static ConstantValue Repeat(OperatorCall call, ConstantValue value, int[] shape)
    {
        int count = call.Budget.Take(shape);
        return Take(value, Broadcasting.Indices(call, value.Shape.Length == 1 && value.Length == 1 ? [] : value.Shape, shape, count), shape);
    }

    private static int[] ToShape(long[] extents) =>
        [.. extents.Select(extent => extent is >= 0 and <= int.MaxValue ? (int)extent : throw new UnsupportedException($"its target shape is not known"))];

    /// <summary>Some places along one axis.</summary>
    private static ConstantValue Pick(OperatorCall call, ConstantValue value, int axis, int[] picked, int[] shape)
    {
        int inner = Product(value.Shape.AsSpan(axis + 1));
        int outer = Product(value.Shape.AsSpan(0, axis));
        long count = (long)outer * picked.Length * inner;
        call.Budget.Take(2 * count);
        var indices = new int[count];
        int next = 0;
        for (int row = 0; row < outer; row++)
        {
            foreach (int place in picked)
            {
                for (int i = 0; i < inner; i++)
                    indices[next++] = (row * value.Shape[axis] + place) * inner + i;
            }
        }

        return Take(value, indices, shape);
    }

    private static ConstantValue Take(ConstantValue value, int[] indices, int[] shape) => value.Floats is { } floats
        ? Make(Array.ConvertAll(indices, index => floats.Span[index]), null, shape)
        : Make(null, Array.ConvertAll(indices, index => value.Integers![index]), shape);

    private static ConstantValue Make(float[]? floats, long[]? integers, int[] shape) =>
        floats is not null ? ConstantValue.Of(new Tensor(floats, shape)) : ConstantValue.Of(integers!, shape);

    private static int Product(ReadOnlySpan<int> extents)
    {
        int product = 1;
        foreach (int extent in extents)
            product = checked(product * extent);
        return product;
    }
}
