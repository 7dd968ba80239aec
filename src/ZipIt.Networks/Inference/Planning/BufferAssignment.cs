using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>Places values in memory such that values that are needed at the same time do not overlap.</summary>
internal static class BufferAssignment
{
    private const int Alignment = AlignedBuffer.Alignment / sizeof(float);

    /// <summary>Number of values that are placed as well as can be, which takes time with the square of it; real networks have fewer.</summary>
    private const int MostPlacedFreely = 1024;

    /// <summary>Places values that are read after the run, one behind the other; those that are kept already stay where they are.</summary>
    /// <param name="values">The values.</param>
    /// <param name="total">Number of floats for one image that are taken already.</param>
    /// <returns>Number of floats for one image that are taken then.</returns>
    public static long AssignKept(IEnumerable<PlannedValue> values, long total)
    {
        foreach (PlannedValue value in values)
        {
            if (value.IsKept)
                continue;
            value.IsKept = true;
            value.Offset = total;
            total += SizeOf(value);
        }

        return total;
    }

    /// <summary>Notes when each value is needed, and gives those that are not kept.</summary>
    public static List<PlannedValue> FindLives(StepDraft[][] waves)
    {
        var values = new List<PlannedValue>();
        for (int wave = 0; wave < waves.Length; wave++)
        {
            foreach (StepDraft step in waves[wave])
            {
                step.Output.FirstWave = step.Output.LastWave = wave;
                if (!step.Output.IsKept)
                    values.Add(step.Output);
                foreach (PlannedValue input in step.Inputs)
                    input.LastWave = wave;
            }
        }

        return values;
    }

    /// <summary>
    /// Places all other values: the largest first, each at the lowest place that is free during its life; if there are very many, the smaller ones behind them,
    /// each in the place of one of its own size that is no longer needed.
    /// </summary>
    /// <returns>Number of floats for one image.</returns>
    public static long AssignPassing(StepDraft[][] waves)
    {
        PlannedValue[] values = [.. FindLives(waves).OrderByDescending(value => value.ImageSize)];
        PlannedValue[] first = values[..Math.Min(values.Length, MostPlacedFreely)];
        return PlaceInTurn(values[first.Length..], waves.Length, PlaceFreely(first));
    }

    private static long PlaceFreely(PlannedValue[] values)
    {
        long total = 0;
        var placed = new List<PlannedValue>(values.Length); // by offset
        foreach (PlannedValue value in values)
        {
            long size = SizeOf(value);
            long offset = 0;
            foreach (PlannedValue other in placed)
            {
                bool meet = other.FirstWave <= value.LastWave && value.FirstWave <= other.LastWave;
                if (meet && other.Offset < offset + size && offset < other.Offset + SizeOf(other))
                    offset = other.Offset + SizeOf(other);
            }

            value.Offset = offset;
            int index = placed.FindIndex(other => other.Offset > offset);
            placed.Insert(index < 0 ? placed.Count : index, value);
            total = Math.Max(total, offset + size);
        }

        return total;
    }

    private static long PlaceInTurn(PlannedValue[] values, int waves, long total)
    {
        var free = new Dictionary<int, Stack<long>>(); // offsets by size
        ILookup<int, PlannedValue> begins = values.ToLookup(value => value.FirstWave);
        ILookup<int, PlannedValue> ends = values.ToLookup(value => value.LastWave);
        for (int wave = 0; wave < waves && values.Length > 0; wave++)
        {
            foreach (PlannedValue value in begins[wave])
            {
                int size = SizeOf(value);
                if (free.TryGetValue(size, out Stack<long>? places) && places.TryPop(out long place))
                {
                    value.Offset = place;
                    continue;
                }

                value.Offset = total;
                total += size;
            }

            foreach (PlannedValue value in ends[wave])
            {
                int size = SizeOf(value);
                if (!free.TryGetValue(size, out Stack<long>? places))
                    free.Add(size, places = []);
                places.Push(value.Offset);
            }
        }

        return total;
    }

    private static int SizeOf(PlannedValue value) => (value.ImageSize + Alignment - 1) / Alignment * Alignment;
}
