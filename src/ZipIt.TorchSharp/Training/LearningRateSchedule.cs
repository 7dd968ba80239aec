namespace ZipIt.TorchSharp;

/// <summary>How the learning rate changes in the course of a training, as a factor of the option's rate.</summary>
public abstract record LearningRateSchedule
{
    private protected LearningRateSchedule()
    {
    }

    /// <summary>Always the same.</summary>
    public static LearningRateSchedule Constant { get; } = new ConstantSchedule();

    /// <summary>Rises linearly in the first part and then falls along half a cosine to 0 (Loshchilov &amp; Hutter 2017, eq. 5, without restarts).</summary>
    /// <param name="warmup">Share of the training in which the rate rises, 0 … 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is out of range.</exception>
    public static LearningRateSchedule Cosine(double warmup = 0.1) => warmup is >= 0 and < 1
        ? new CosineSchedule(warmup)
        : throw new ArgumentOutOfRangeException(nameof(warmup), warmup, "Expected a share of at least 0 and below 1.");

    /// <summary>Falls at some places of the training, each time by the same factor.</summary>
    /// <param name="factor">The factor, 0 … 1.</param>
    /// <param name="places">Shares of the training after which the rate falls, e.g. 0.5 and 0.75 (He et al. 2016, section 4.2).</param>
    /// <exception cref="ArgumentOutOfRangeException">A share or the factor is out of range.</exception>
    public static LearningRateSchedule Steps(double factor, params ReadOnlySpan<double> places)
    {
        if (factor is not (> 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "Expected a factor above 0 and at most 1.");
        foreach (double place in places)
        {
            if (place is not (>= 0 and <= 1))
                throw new ArgumentOutOfRangeException(nameof(places), place, "Expected shares of the training between 0 and 1.");
        }

        return new StepSchedule(factor, places.ToArray());
    }

    /// <summary>The factor.</summary>
    /// <param name="progress">Share of the training that is done, 0 … 1.</param>
    public abstract double FactorAt(double progress);

    private sealed record ConstantSchedule : LearningRateSchedule
    {
        public override double FactorAt(double progress) => 1;
    }

    private sealed record CosineSchedule(double Warmup) : LearningRateSchedule
    {
        private const double First = 0.01; // a rate of 0 would waste the first step

        public override double FactorAt(double progress) => progress < Warmup
            ? First + (1 - First) * progress / Warmup
            : (1 + Math.Cos(Math.PI * Math.Min((progress - Warmup) / (1 - Warmup), 1))) / 2;
    }

    private sealed record StepSchedule(double Factor, IReadOnlyList<double> Places) : LearningRateSchedule
    {
        public override double FactorAt(double progress) => Math.Pow(Factor, Places.Count(place => progress >= place));
    }
}
