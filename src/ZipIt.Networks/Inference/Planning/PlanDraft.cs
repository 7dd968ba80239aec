using ZipIt.Numerics;

namespace ZipIt.Networks;

/// <summary>
/// A plan whose steps are not made yet: their order, the places of their values, and what all of it costs. It takes time with the number of nodes and edges.
/// </summary>
internal sealed class PlanDraft
{
    /// <summary>Puts steps in order and places their values.</summary>
    /// <param name="network">The network.</param>
    /// <param name="options">What the session must be able to do.</param>
    /// <param name="steps">The steps.</param>
    /// <param name="heads">Value of each head.</param>
    /// <param name="taps">Value of each tap.</param>
    /// <param name="normalizations">The batch normalizations that measure their batch.</param>
    /// <exception cref="ArgumentException">The network is beyond the session's limits, or buffers for so many images are larger than buffers can
    /// be.</exception>
    public PlanDraft(
        Network network,
        SessionOptions options,
        IReadOnlyList<StepDraft> steps,
        IReadOnlyList<PlannedValue> heads,
        IReadOnlyList<PlannedValue> taps,
        IReadOnlyList<Node> normalizations)
    {
        (Network, MaximumBatchSize, Heads, Taps, Normalizations) = (network, options.MaximumBatchSize, heads, taps, normalizations);
        Waves = SortIntoWaves(steps);
        long headSize = BufferAssignment.AssignKept(heads, 0);
        Slices = BatchSlices.Choose(Waves, MaximumBatchSize, normalizations.Count > 0);
        long crossingSize = BufferAssignment.AssignKept(Slices.FindCrossing(Waves), headSize);
        KeptSize = BufferAssignment.AssignKept(taps, crossingSize);
        PassingSize = BufferAssignment.AssignPassing(Waves);
        Cost = new PlanCost(network, steps, crossingSize + PassingSize);
        Cost.Check(options.Limits ?? SessionLimits.Default);
        if (steps.FirstOrDefault(step => step.CountWeights() > AlignedBuffer.MaximumLength) is { } heavy)
            throw new ArgumentException($"Node '{NameList.Shorten(heavy.Node.Name)}' ({heavy.Layer.Kind}) has more weights than a buffer holds: {AlignedBuffer.MaximumLength}.");

        long largest = Math.Max(KeptSize, PassingSize);
        foreach (Node node in normalizations)
            largest = Math.Max(largest, 2L * ((BatchNorm2d)node.Layer).Channels);
        if (largest > AlignedBuffer.MaximumLength / MaximumBatchSize)
        {
            throw new ArgumentException($"A batch of {MaximumBatchSize} images needs buffers of more than {AlignedBuffer.MaximumLength} numbers; {largest} for each image. "
                + "Use a smaller batch.", nameof(options));
        }
    }

    /// <inheritdoc cref="ExecutionPlan.Network"/>
    public Network Network { get; }

    /// <inheritdoc cref="ExecutionPlan.MaximumBatchSize"/>
    public int MaximumBatchSize { get; }

    /// <inheritdoc cref="ExecutionPlan.Waves"/>
    public StepDraft[][] Waves { get; }

    /// <inheritdoc cref="ExecutionPlan.Heads"/>
    public IReadOnlyList<PlannedValue> Heads { get; }

    /// <inheritdoc cref="ExecutionPlan.Taps"/>
    public IReadOnlyList<PlannedValue> Taps { get; }

    /// <inheritdoc cref="ExecutionPlan.Normalizations"/>
    public IReadOnlyList<Node> Normalizations { get; }

    /// <inheritdoc cref="ExecutionPlan.Slices"/>
    public BatchSlices Slices { get; }

    /// <inheritdoc cref="ExecutionPlan.KeptSize"/>
    public long KeptSize { get; }

    /// <inheritdoc cref="ExecutionPlan.PassingSize"/>
    public long PassingSize { get; }

    /// <summary>What the plan takes for one image.</summary>
    public PlanCost Cost { get; }

    /// <summary>A step stands in the first wave in which everything that it needs is there.</summary>
    private static StepDraft[][] SortIntoWaves(IReadOnlyList<StepDraft> steps)
    {
        var readers = new Dictionary<PlannedValue, List<int>>(ReferenceEqualityComparer.Instance);
        var missing = new int[steps.Count];
        for (int i = 0; i < steps.Count; i++)
        {
            foreach (PlannedValue value in steps[i].Inputs.Concat(steps[i].Awaited))
            {
                if (!readers.TryGetValue(value, out List<int>? own))
                    readers.Add(value, own = []);
                own.Add(i);
                missing[i]++;
            }
        }

        var waves = new List<StepDraft[]>();
        List<int> ready = [.. Enumerable.Range(0, steps.Count).Where(i => missing[i] == 0)];
        int sorted = 0;
        while (ready.Count > 0)
        {
            waves.Add([.. ready.Select(i => steps[i])]);
            sorted += ready.Count;
            var next = new List<int>();
            foreach (int step in ready)
            {
                foreach (int reader in readers.GetValueOrDefault(steps[step].Output) ?? [])
                {
                    if (--missing[reader] == 0)
                        next.Add(reader);
                }
            }

            next.Sort();
            ready = next;
        }

        return sorted == steps.Count ? [.. waves] : throw new InvalidOperationException("The steps of the plan wait for each other.");
    }
}
