namespace ZipIt.Networks;

/// <summary>
/// How a network is run: steps in waves, and where in memory each value lies. The steps of a wave do not need each other, so that they
/// can run side by side (the tails of a multi-task network do). A plan is immutable.
/// </summary>
internal sealed class ExecutionPlan
{
    /// <summary>Makes the steps of a draft, and packs their weights.</summary>
    public ExecutionPlan(PlanDraft draft)
    {
        (Network, MaximumBatchSize, Heads, Taps, Normalizations) = (draft.Network, draft.MaximumBatchSize, draft.Heads, draft.Taps, draft.Normalizations);
        (Slices, KeptSize, PassingSize, Cost) = (draft.Slices, draft.KeptSize, draft.PassingSize, draft.Cost);
        Waves = [.. draft.Waves.Select(wave => wave.Select(step => step.Make(step)).ToArray())];
        Step[] steps = [.. Waves.SelectMany(wave => wave)];
        ScratchSize = steps.Max(step => step.ScratchSize);
        ChunkSize = Normalizations.Count == 0 ? Math.Min(ChooseChunkSize(steps), MaximumBatchSize) : 0;
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

    /// <summary>The waves that a large batch goes through a few images at a time.</summary>
    public BatchSlices Slices { get; }

    /// <summary>Number of floats per image for values that are read after the run, or that leave the waves of <see cref="Slices"/>.</summary>
    public long KeptSize { get; }

    /// <summary>Number of floats per image for all other values.</summary>
    public long PassingSize { get; }

    /// <summary>
    /// Number of images that one thread best takes through the whole network at a time, so that their values stay in its cache; 0 if it is better that all
    /// threads work on one step after another.
    /// </summary>
    public int ChunkSize { get; }

    /// <summary>What the plan takes for one image.</summary>
    public PlanCost Cost { get; }

    /// <summary>Number of floats of scratch memory per thread.</summary>
    public int ScratchSize { get; }

    /// <summary>
    /// What a step reads and writes for a chunk shall fit into a second cache of usual size, but a chunk shall be large enough that the step's weights, which
    /// are read anew for each, do not cost more than they would save.
    /// </summary>
    private static int ChooseChunkSize(IReadOnlyList<Step> steps)
    {
        const int CacheSize = 192 * 1024;
        const int MostWeightsPerImage = 64 * 1024;
        long most = int.MaxValue;
        int least = 1;
        foreach (Step step in steps)
        {
            long values = step.Output.ImageSize + step.Inputs.Sum(input => (long)input.ImageSize);
            most = Math.Min(most, CacheSize / Math.Max(1, values));
            least = Math.Max(least, (step.WeightCount + MostWeightsPerImage - 1) / MostWeightsPerImage);
        }

        return least <= most ? (int)most : 0;
    }
}
