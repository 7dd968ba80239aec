using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>Places values in memory such that values that are needed at the same time do not overlap.</summary>
internal static class BufferAssignment
{
    private const int Alignment = AlignedBuffer.Alignment / sizeof(float);

    /// <summary>Places values that are read after the run, one behind the other.</summary>
    /// <returns>Number of floats for one image.</returns>
    public static int AssignKept(IEnumerable<PlannedValue> values)
    {
        int total = 0;
        foreach (PlannedValue value in values.Distinct())
        {
            value.IsKept = true;
            value.Offset = total;
            total = checked(total + SizeOf(value));
        }

        return total;
    }

    /// <summary>Places all other values, the largest first, each at the lowest place that is free during its life.</summary>
    /// <returns>Number of floats for one image.</returns>
    public static int AssignPassing(Step[][] waves)
    {
        var values = new List<PlannedValue>();
        for (int wave = 0; wave < waves.Length; wave++)
        {
            foreach (Step step in waves[wave])
            {
                step.Output.FirstWave = step.Output.LastWave = wave;
                if (!step.Output.IsKept)
                    values.Add(step.Output);
                foreach (PlannedValue input in step.Inputs)
                    input.LastWave = wave;
            }
        }

        int total = 0;
        var placed = new List<PlannedValue>();
        foreach (PlannedValue value in values.OrderByDescending(value => value.ImageSize))
        {
            int size = SizeOf(value);
            int offset = 0;
            foreach (PlannedValue other in placed.OrderBy(other => other.Offset))
            {
                bool meet = other.FirstWave <= value.LastWave && value.FirstWave <= other.LastWave;
                if (meet && other.Offset < offset + size && offset < other.Offset + SizeOf(other))
                    offset = other.Offset + SizeOf(other);
            }

            value.Offset = offset;
            placed.Add(value);
            total = Math.Max(total, checked(offset + size));
        }

        return total;
    }

    private static int SizeOf(PlannedValue value) => checked((value.ImageSize + Alignment - 1) / Alignment * Alignment);
}
