using System.Numerics.Tensors;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Mean and covariance of the concatenated features of all models in one feature space: features of model 0 first, then of model 1 and so on.
/// </summary>
/// <remarks>Covariances are biased (divided by the number of samples), as in method and reference implementation of ZipIt!.</remarks>
public sealed class FeatureStatistics
{
    /// <summary>Smallest product of standard deviations that a covariance is divided by; a dead feature then correlates 0 with everything.</summary>
    public const double SmallestDeviationProduct = 1e-7;

    private readonly int[] _widths;

    /// <summary>Describes a space's statistics.</summary>
    /// <param name="widths">Number of features of each model.</param>
    /// <param name="samples">Number of samples (images times pixels) behind the statistics.</param>
    /// <param name="mean">Mean of every feature [all models' features].</param>
    /// <param name="covariance">Covariance of every pair of features, symmetric.</param>
    /// <exception cref="ArgumentException">The sizes do not agree.</exception>
    public FeatureStatistics(ReadOnlySpan<int> widths, long samples, IReadOnlyList<double> mean, Matrix covariance)
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(covariance);
        _widths = widths.ToArray();
        int features = _widths.Sum();
        if (mean.Count != features)
            throw new ArgumentException($"Expected {features} means, found {mean.Count}.", nameof(mean));
        if (covariance.Rows != features || covariance.Columns != features)
            throw new ArgumentException($"Expected a {features}×{features} covariance, found {covariance.Rows}×{covariance.Columns}.", nameof(covariance));
        (Samples, Mean, Covariance) = (samples, mean, covariance);
    }

    /// <summary>Number of features of each model.</summary>
    public ReadOnlySpan<int> Widths => _widths;

    /// <summary>Number of models.</summary>
    public int ModelCount => _widths.Length;

    /// <summary>Number of features of all models together.</summary>
    public int FeatureCount => Mean.Count;

    /// <summary>Number of samples behind the statistics: images times pixels that were taken.</summary>
    public long Samples { get; }

    /// <summary>Mean of every feature.</summary>
    public IReadOnlyList<double> Mean { get; }

    /// <summary>Covariance of every pair of features.</summary>
    public Matrix Covariance { get; }

    /// <summary>
    /// Correlation of every pair of features: cov / max(σᵢσⱼ, 1e-7), diagonal included; 0 where that is not finite.
    /// </summary>
    public Matrix ToCorrelation()
    {
        int count = FeatureCount;
        double[] deviations = ToDeviations();
        var correlation = new Matrix(count, count);
        for (int i = 0; i < count; i++)
            CorrelationRow(i, 0, deviations, correlation.Row(i));
        return correlation;
    }

    /// <summary>Standard deviation of every feature.</summary>
    internal double[] ToDeviations()
    {
        var deviations = new double[FeatureCount];
        for (int i = 0; i < deviations.Length; i++)
            deviations[i] = Math.Sqrt(Math.Max(Covariance[i, i], 0));
        return deviations;
    }

    /// <summary>Writes a part of one row of the correlation matrix, from a column on, without making the whole.</summary>
    internal void CorrelationRow(int row, int start, ReadOnlySpan<double> deviations, Span<double> correlation)
    {
        TensorPrimitives.Multiply(deviations.Slice(start, correlation.Length), deviations[row], correlation);
        TensorPrimitives.Max<double>(correlation, SmallestDeviationProduct, correlation);
        TensorPrimitives.Divide<double>(Covariance.Row(row).Slice(start, correlation.Length), correlation, correlation);
        if (correlation.IsEmpty || double.IsFinite(TensorPrimitives.MaxMagnitude<double>(correlation)))
            return;
        foreach (ref double value in correlation)
            value = double.IsFinite(value) ? value : 0;
    }
}
