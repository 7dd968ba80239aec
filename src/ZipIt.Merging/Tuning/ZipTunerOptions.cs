namespace ZipIt.Merging;

/// <summary>What a <see cref="ZipTuner"/> tries.</summary>
public sealed record ZipTunerOptions
{
    /// <summary>
    /// What all candidates have in common: start, repair, widths, engine, threads and so on. Its cut and perhaps its matcher are replaced; its
    /// <see cref="ZipOptions.MaximumLoss"/> does not count.
    /// </summary>
    public ZipOptions Zip { get; init; } = new();

    /// <summary>
    /// Matchers to try; null for that of <see cref="Zip"/>, which in the case of the paper's method is tried with every combination (<see cref="Grid"/>) of α
    /// 0.0001, 0.1, 0.3, 1 and β 0.075, 0.8, what the authors found best on their data sets. Default null.
    /// </summary>
    public IReadOnlyList<IMatcher>? Matchers { get; init; }

    /// <summary>
    /// Cuts to try; null for every stage of the first member but the last, everything before the heads, and the heads too if all tasks have prototypes of one
    /// length. Default null.
    /// </summary>
    public IReadOnlyList<ZipCut>? Cuts { get; init; }

    /// <summary>How tasks are compared when candidates are scored.</summary>
    public JointScoring Scoring { get; init; } = JointScoring.Calibrated;

    /// <summary>Whether tasks may know the same class, which then counts once among all classes. Default false.</summary>
    public bool SharedLabels { get; init; }

    /// <summary>The matchers that are tried.</summary>
    internal IReadOnlyList<IMatcher> ListMatchers() => Matchers ?? (Zip.Matcher is ZipMatcher ? Grid([0.0001, 0.1, 0.3, 1], [0.075, 0.8]) : [Zip.Matcher]);

    /// <summary>The method of the paper with every combination of α and β.</summary>
    /// <param name="alphas">Values of <see cref="ZipMatcher.Alpha"/>.</param>
    /// <param name="betas">Values of <see cref="ZipMatcher.Beta"/>.</param>
    public static IReadOnlyList<IMatcher> Grid(IReadOnlyList<double> alphas, IReadOnlyList<double> betas)
    {
        ArgumentNullException.ThrowIfNull(alphas);
        ArgumentNullException.ThrowIfNull(betas);
        return [.. alphas.SelectMany(alpha => betas.Select(beta => new ZipMatcher { Alpha = alpha, Beta = beta }))];
    }
}
