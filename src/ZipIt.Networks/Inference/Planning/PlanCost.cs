namespace ZipIt.Networks;

/// <summary>What a plan takes for one image, by sizes alone: known before anything is allocated.</summary>
internal sealed class PlanCost
{
    private readonly long _freeBytes;
    private readonly StepDraft _heaviest;
    private readonly StepDraft _largest;

    /// <summary>Adds up the steps.</summary>
    /// <param name="network">The network.</param>
    /// <param name="steps">All steps.</param>
    /// <param name="imageSize">Floats of one image that are in memory at the same time, without taps.</param>
    public PlanCost(Network network, IReadOnlyCollection<StepDraft> steps, long imageSize)
    {
        Operations = steps.Sum(step => step.CountOperations());
        WeightBytes = (long)Math.Min(steps.Sum(step => step.CountWeights()) * sizeof(float), long.MaxValue / 4);
        ImageBytes = imageSize * sizeof(float);
        _freeBytes = SessionLimits.WeightFactor * NetworkCost.Of(network).Parameters * sizeof(float);
        _heaviest = steps.MaxBy(step => step.CountOperations())!;
        _largest = steps.MaxBy(step => step.Output.ImageSize + step.CountWeights())!;
    }

    public double Operations { get; }

    public long WeightBytes { get; }

    public long ImageBytes { get; }

    /// <summary>Number of images whose values stay within the limit; at least 1.</summary>
    public int ImagesWithin(SessionLimits limits) => (int)Math.Clamp((limits.ImageBytes + _freeBytes - WeightBytes) / Math.Max(ImageBytes, 1), 1, int.MaxValue);

    /// <summary>Makes sure that the plan stays within limits.</summary>
    /// <exception cref="ArgumentException">It does not; the message names the node that takes most.</exception>
    public void Check(SessionLimits limits)
    {
        if (WeightBytes + ImageBytes > limits.ImageBytes + _freeBytes)
        {
            throw new ArgumentException(
                $"The network needs {Show(WeightBytes + ImageBytes)} for one image, of which node '{NameList.Shorten(_largest.Node.Name)}' ({_largest.Node.Layer.Kind}) takes most; "
                + $"allowed are {Show(limits.ImageBytes + _freeBytes)}. Use smaller images, or raise {nameof(SessionLimits)}.{nameof(SessionLimits.ImageBytes)} if the network is to be trusted.");
        }

        if (Operations > limits.ImageOperations)
        {
            throw new ArgumentException(
                $"The network needs about {Operations / 1e9:N0} billion operations for one image, of which node '{NameList.Shorten(_heaviest.Node.Name)}' "
                + $"({_heaviest.Node.Layer.Kind}) takes most; allowed are {limits.ImageOperations / 1e9:N0} billion. "
                + $"Use smaller images, or raise {nameof(SessionLimits)}.{nameof(SessionLimits.ImageOperations)} if the network is to be trusted.");
        }
    }

    private static string Show(long bytes) => $"{bytes / (double)(1 << 20):N0} MiB";
}
