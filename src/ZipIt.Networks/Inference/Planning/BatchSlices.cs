namespace ZipIt.Networks;

/// <summary>
/// The first waves of a plan, which a batch goes through a few images at a time if it is large: their values then stay in the cache that the processor's cores
/// share. Behind them, where maps are small and weights are many, it is better to read the weights once for all images.
/// </summary>
/// <param name="Waves">Number of waves; 0 for none.</param>
/// <param name="Images">Largest number of images at a time.</param>
internal readonly record struct BatchSlices(int Waves, int Images)
{
    /// <summary>Floats that what a step reads and writes may take in that cache.</summary>
    private const int CacheSize = 2 * 1024 * 1024;

    /// <summary>Chooses the waves such that the values that need not go to memory and back exceed the weights that are read again by most.</summary>
    /// <param name="waves">All waves.</param>
    /// <param name="maximumBatchSize">Largest number of images.</param>
    /// <param name="measuresBatch">Whether steps see all images of a batch at once.</param>
    public static BatchSlices Choose(StepDraft[][] waves, int maximumBatchSize, bool measuresBatch)
    {
        double gain = 0, best = 0;
        int count = 0;
        long largest = 1, largestOfBest = 1;
        for (int wave = 0; wave < waves.Length && !measuresBatch; wave++)
        {
            foreach (StepDraft step in waves[wave])
            {
                long values = step.Output.ImageSize + step.Inputs.Sum(input => (long)input.ImageSize);
                largest = Math.Max(largest, values);
                gain += values - step.CountWeights();
            }

            if (gain > best)
                (best, count, largestOfBest) = (gain, wave + 1, largest);
        }

        int images = (int)Math.Clamp(CacheSize / largestOfBest, 1, maximumBatchSize);
        return images < maximumBatchSize && count < waves.Length ? new BatchSlices(count, images) : new BatchSlices(0, maximumBatchSize);
    }

    /// <summary>The values that leave these waves: they are kept for all images.</summary>
    public List<PlannedValue> FindCrossing(StepDraft[][] waves)
    {
        int end = Waves;
        return [.. BufferAssignment.FindLives(waves).Where(value => value.FirstWave < end && value.LastWave >= end)];
    }
}
