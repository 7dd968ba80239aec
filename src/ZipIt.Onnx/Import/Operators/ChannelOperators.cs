using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>Operators that put channels together, pick or add some, and those that add or leave out pixels.</summary>
internal static class ChannelOperators
{
    public static KeyValuePair<string, Operator>[] All { get; } =
    [
        new("Concat", call => [Join(call)]),
        new("Gather", call => [Pick(call)]),
        new("Slice", call => [Slice(call)]),
        new("Split", Split),
        new("Pad", call => [Pad(call)]),
    ];

    private static FeatureValue Join(OperatorCall call)
    {
        FeatureValue[] values = [.. Enumerable.Range(0, call.Inputs.Count).Select(call.Feature)];
        int rank = values[0].Shape.Length + 1;
        if (call.Node.FindInteger("axis") is not { } asked || call.Axis(asked, rank) != 1)
            throw new UnsupportedException("it does not join along the channels");
        if (values.Length == 1)
            return values[0];
        return call.Emit(new Concat(), [.. values.Select(value => rank == 4 ? call.Map(value) : call.Vector(value))]);
    }

    private static FeatureValue Pick(OperatorCall call)
    {
        FeatureValue value = call.Feature(0);
        ConstantValue indices = call.Constant(1);
        if (call.Axis(call.Node.FindInteger("axis") ?? 0, value.Shape.Length + 1) != 1 || indices.Shape.Length != 1)
            throw new UnsupportedException("it does not pick channels");
        int[] sources = [.. call.Integers(1).Select(index => call.Axis(index, value.Shape[0]))];
        return Gather(call, value, call.Node.Name, sources);
    }

    private static FeatureValue Gather(OperatorCall call, FeatureValue value, string name, ReadOnlySpan<int> sources)
    {
        Node node = value.Shape.Length == 3 ? call.Map(value) : call.Vector(value);
        return call.Of(call.Graph.Add(name, new ChannelGather(sources), node));
    }

    private static ImportValue[] Split(OperatorCall call)
    {
        FeatureValue value = call.Feature(0);
        if (call.Axis(call.Node.FindInteger("axis") ?? 0, value.Shape.Length + 1) != 1)
            throw new UnsupportedException("it does not split the channels");
        int channels = value.Shape[0];
        int parts = call.Node.Outputs.Length;
        int even = (channels + parts - 1) / parts;
        long[] sizes = call.IntegersOf("split", 1) ?? [.. Enumerable.Range(0, parts).Select(i => (long)Math.Clamp(channels - i * even, 0, even))];
        if (sizes.Length != parts || sizes.Any(size => size < 1 || size > channels) || sizes.Sum() != channels)
            throw new UnsupportedException($"it splits {channels} channels into parts of {string.Join(", ", sizes)}");
        call.Budget.Take(channels);
        var outputs = new ImportValue[parts];
        int start = 0;
        for (int i = 0; i < parts; i++)
        {
            outputs[i] = Gather(call, value, parts == 1 ? call.Node.Name : $"{call.Node.Name}/{i}", [.. Enumerable.Range(start, (int)sizes[i])]);
            start += (int)sizes[i];
        }

        return outputs;
    }

    private static FeatureValue Slice(OperatorCall call)
    {
        FeatureValue value = call.Feature(0);
        int rank = value.Shape.Length + 1;
        long[] starts = call.IntegersOf("starts", 1) ?? throw new UnsupportedException("it has no starts");
        long[] ends = call.IntegersOf("ends", 2) ?? throw new UnsupportedException("it has no ends");
        long[] axes = call.IntegersOf("axes", 3) ?? [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        long[] steps = call.Has(4) ? call.Integers(4) : [.. Enumerable.Repeat(1L, starts.Length)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length)
            throw new UnsupportedException("its starts, ends, axes and steps differ in number");
        Size2 stride = 1;
        IndexRange? picked = null;
        for (int i = 0; i < starts.Length; i++)
        {
            int axis = call.Axis(axes[i], rank);
            if (axis == 0)
            {
                if (starts[i] != 0 || steps[i] != 1 || ends[i] < int.MaxValue)
                    throw new UnsupportedException("it picks images of a batch");
                continue;
            }

            var range = IndexRange.Of(value.Shape[axis - 1], starts[i], ends[i], steps[i]);
            if (range.IsAll)
                continue;
            if (axis == 1)
                picked = range;
            else if (range is { Start: 0, Step: > 0 } && range.Count == (value.Shape[axis - 1] + range.Step - 1) / range.Step)
                stride = axis == 2 ? stride with { Height = (int)range.Step } : stride with { Width = (int)range.Step };
            else
                throw new UnsupportedException("it cuts pixels away");
        }

        FeatureValue result = value;
        if (stride != 1)
            result = call.Of(call.Graph.Add(call.Node.Name, new MaxPool2d(1, stride), call.Map(value)));
        if (picked is not { } channels)
            return result;
        call.Budget.Take(channels.Count);
        return Gather(call, result, call.Node.Name, channels.ToIndices());
    }

    /// <summary>Zeros around a map wait for the convolution behind; channels of zeros are a convolution of one pixel.</summary>
    private static FeatureValue Pad(OperatorCall call)
    {
        FeatureValue value = call.PaddedFeature(0);
        string mode = call.Node.FindText("mode") ?? "constant";
        float filler = call.Has(2) ? call.Scalar(2) : call.Node.FindFloat("value") ?? 0;
        long[] pads = call.IntegersOf("pads", 1) ?? throw new UnsupportedException("it has no pads");
        int rank = value.Shape.Length + 1;
        int[] axes = call.Has(3) ? [.. call.Integers(3).Select(axis => call.Axis(axis, rank))] : [.. Enumerable.Range(0, rank)];
        if (mode != "constant" || filler != 0)
            throw new UnsupportedException("it pads with something else than zeros");
        if (pads.Length != 2 * axes.Length || pads.Any(pad => pad is < 0 or > 1 << 20))
            throw new UnsupportedException("it cuts pixels away");
        var before = new int[rank];
        var after = new int[rank];
        for (int i = 0; i < axes.Length; i++)
            (before[axes[i]], after[axes[i]]) = ((int)pads[i], (int)pads[i + axes.Length]);
        if (before[0] + after[0] > 0)
            throw new UnsupportedException("it adds images to a batch");
        if (before.Concat(after).All(pad => pad == 0))
            return value;
        Node map = call.Map(value);
        if (before[1] + after[1] > 0)
        {
            if (value.Padding is not null)
                throw new UnsupportedException("it adds channels to a padded map");
            map = call.Graph.Add(call.Node.Name, WidenBy(call, value.Shape[0], before[1], after[1]), map);
        }

        var border = new Border(before[2], before[3], after[2], after[3]);
        return border == default && value.Padding is null
            ? call.Of(map)
            : FeatureValue.Pad(map, call.Graph.ShapeOf(map), value.Padding is { } earlier ? border.Plus(earlier) : border);
    }

    private static Conv2d WidenBy(OperatorCall call, int channels, int before, int after)
    {
        int outputs = checked(channels + before + after);
        call.Budget.Take([outputs, channels]);
        var weight = new Tensor(outputs, channels, 1, 1);
        for (int c = 0; c < channels; c++)
            weight.Span[(before + c) * channels + c] = 1;
        return new Conv2d(weight);
    }
}
