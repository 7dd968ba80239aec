namespace ZipIt.Networks;

/// <summary>Places values in one piece of memory such that values that are needed at the same time do not overlap.</summary>
internal static class BufferAssignment
{
    private const int Alignment = AlignedMemory.Alignment / sizeof(float);

    /// <summary>Sets the offset of every value, the largest first, each at the lowest place that is free during its life.</summary>
    /// <param name="waves">The steps.</param>
    /// <param name="kept">Values that are read after the run.</param>
    /// <param name="images">Number of images to hold.</param>
    /// <returns>Number of floats in all.</returns>
    public static int Assign(IReadOnlyList<Step[]> waves, IReadOnlyList<PlannedValue> kept, int images)
    {
        var values = new List<PlannedValue>();
        for (int wave = 0; wave < waves.Count; wave++)
        {
            foreach (Step step in waves[wave])
            {
                step.Output.FirstWave = step.Output.LastWave = wave;
                values.Add(step.Output);
                foreach (PlannedValue input in step.Inputs)
                    input.LastWave = wave;
            }
        }

        foreach (PlannedValue value in kept)
            value.LastWave = int.MaxValue;

        long total = 0;
        var placed = new List<(PlannedValue Value, long End)>();
        foreach (PlannedValue value in values.OrderByDescending(value => value.ImageSize))
        {
            long size = ((long)value.ImageSize * images + Alignment - 1) / Alignment * Alignment;
            long offset = 0;
            foreach ((PlannedValue other, long end) in placed.OrderBy(other => other.Value.Offset))
            {
                bool meet = other.FirstWave <= value.LastWave && value.FirstWave <= other.LastWave;
                if (meet && other.Offset < offset + size && offset < end)
                    offset = end;
            }

            value.Offset = offset;
            placed.Add((value, offset + size));
            total = Math.Max(total, offset + size);
        }

        return total <= Array.MaxLength / 2
            ? (int)total
            : throw new OutOfMemoryException($"A batch of {images} images takes {total * sizeof(float)} bytes; choose a smaller one.");
    }
}
