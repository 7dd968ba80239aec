namespace ZipIt.Networks;

/// <summary>
/// How a network is run: steps in waves, and where in memory each value lies. The steps of a wave do not need each other, so that they
/// can run side by side (the tails of a multi-task network do). A plan is immutable.
/// </summary>
internal sealed class ExecutionPlan
{
    public ExecutionPlan(
        Network network,
        SessionOptions options,
        IReadOnlyList<Step> steps,
        IReadOnlyList<PlannedValue> heads,
        IReadOnlyList<PlannedValue> taps,
        IReadOnlyList<Node> normalizations)
    {
        (Network, MaximumBatchSize, Heads, Taps, Normalizations) = (network, options.MaximumBatchSize, heads, taps, normalizations);
        Waves = SortIntoWaves(steps);
        ScratchSize = steps.Max(step => step.ScratchSize);
        KeptSize = BufferAssignment.AssignKept([.. heads, .. taps]);
        PassingSize = BufferAssignment.AssignPassing(Waves);
        ChunkSize = normalizations.Count == 0 ? ChooseChunkSize(steps) : 0;
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Largest number of images per run.</summary>
    public int MaximumBatchSize { get; }

    /// <summary>The steps, wave after wave.</summary>
    public Step[][] Waves { get; }

    /// <summary>Value of each head.</summary>
    public IReadOnlyList<PlannedValue> Heads { get; }

    /// <summary>Value of each tap.</summary>
    public IReadOnlyList<PlannedValue> Taps { get; }

    /// <summary>The batch normalizations that measure their batch.</summary>
    public IReadOnlyList<Node> Normalizations { get; }

    /// <summary>Number of floats per image for values that are read after the run.</summary>
    public int KeptSize { get; }

    /// <summary>Number of floats per image for all other values.</summary>
    public int PassingSize { get; }

    /// <summary>
    /// Number of images that one thread best takes through the whole network at a time, so that their values stay in its cache; 0 if it is better that all
    /// threads work on one step after another.
    /// </summary>
    public int ChunkSize { get; }

    /// <summary>Number of floats of scratch memory per thread.</summary>
    public int ScratchSize { get; }

    /// <summary>
    /// What a step reads and writes for a chunk shall fit into a second cache of usual size, but a chunk shall be large enough that the step's weights, which are read anew
    /// for each, do not cost more than they would save.
    /// </summary>
    private static int ChooseChunkSize(IReadOnlyList<Step> steps)
    {
        const int CacheSize = 192 * 1024;
        const int MostWeightsPerImage = 64 * 1024;
        int most = int.MaxValue;
        int least = 1;
        foreach (Step step in steps)
        {
            int values = step.Output.ImageSize + step.Inputs.Sum(input => input.ImageSize);
            most = Math.Min(most, CacheSize / Math.Max(1, values));
            least = Math.Max(least, (step.WeightCount + MostWeightsPerImage - 1) / MostWeightsPerImage);
        }

        return least <= most ? most : 0;
    }

    /// <summary>A step stands in the first wave in which everything that it needs is there.</summary>
    private static Step[][] SortIntoWaves(IReadOnlyList<Step> steps)
    {
        var ready = new Dictionary<PlannedValue, int>(ReferenceEqualityComparer.Instance);
        var waves = new List<List<Step>>();
        List<Step> waiting = [.. steps];
        while (waiting.Count > 0)
        {
            var wave = waiting.Where(step => step.Inputs.Concat(step.Awaited).All(ready.ContainsKey)).ToList();
            if (wave.Count == 0)
                throw new InvalidOperationException("The steps of the plan wait for each other.");
            foreach (Step step in wave)
                ready.Add(step.Output, waves.Count);
            waiting.RemoveAll(wave.Contains);
            waves.Add(wave);
        }

        return [.. waves.Select(wave => wave.ToArray())];
    }
}
