namespace ZipIt.Onnx;

/// <summary>What a slice takes along one axis.</summary>
/// <param name="Start">First index.</param>
/// <param name="Step">Distance of the indices; not 0.</param>
/// <param name="Count">Number of indices.</param>
/// <param name="Extent">Number of elements along the axis.</param>
internal readonly record struct IndexRange(int Start, long Step, int Count, int Extent)
{
    public bool IsAll => Start == 0 && Step == 1 && Count == Extent;

    /// <summary>Clamps start and end as the ONNX operator does: negative ones count from the end.</summary>
    public static IndexRange Of(int extent, long start, long end, long step)
    {
        if (step is 0 or long.MinValue or ConstantValue.Batch)
            throw new UnsupportedException($"its step is {step}");
        start = start < 0 ? Math.Max(start, -extent - 1) + extent : start;
        end = end < 0 ? Math.Max(end, -extent - 1) + extent : end;
        start = step > 0 ? Math.Clamp(start, 0, extent) : Math.Clamp(start, 0, Math.Max(extent - 1, 0));
        end = step > 0 ? Math.Clamp(end, 0, extent) : Math.Clamp(end, -1, Math.Max(extent - 1, 0));
        long distance = step > 0 ? end - start : start - end;
        long stride = Math.Abs(step);
        return new IndexRange((int)start, step, distance <= 0 ? 0 : (int)((distance - 1) / stride + 1), extent);
    }

    public int[] ToIndices()
    {
        var indices = new int[Count];
        for (int i = 0; i < Count; i++)
            indices[i] = (int)(Start + i * Step);
        return indices;
    }
}
