using System.Numerics.Tensors;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// What the best linear reconstruction of all features f from the merged ones z = M·f leaves, in closed form from the covariance: R = cov − C·G⁻¹·Cᵀ with C =
/// cov·Mᵀ and G = M·cov·Mᵀ.
/// </summary>
/// <remarks>
/// Computed on correlations, with a ridge far below anything that matters, so that equal or dead features do no harm. Time grows with features × merged
/// features², memory with features × merged features.
/// </remarks>
internal sealed class LinearReconstruction
{
    private const double Ridge = 1e-9; // of each merged feature's variance
    private const double LargestRidge = 1e6;
    private const double Negligible = 1e-12; // variance of a mean, relative to its terms', below which they cancel

    private readonly Matrix _correlation; // [features, merged]
    private readonly double[] _residual;

    /// <summary>Reconstructs all features of a space.</summary>
    /// <param name="map">The space's map; only M counts.</param>
    /// <param name="statistics">Statistics of the space.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public LinearReconstruction(FeatureMap map, FeatureStatistics statistics, int threads)
    {
        int count = statistics.FeatureCount, merged = map.MergedCount;
        double[] inverses = [.. statistics.ToDeviations().Select(deviation => double.IsFinite(deviation) && deviation > 0 ? 1 / deviation : 0)];
        var features = new Matrix(merged, count); // M·cov over the features' deviations
        var gram = new Matrix(merged, merged);
        for (int p = 0; p < merged; p++)
        {
            Span<double> row = features.Row(p);
            foreach (FeatureMap.Entry entry in map.MergeRow(p))
                TensorPrimitives.MultiplyAdd(statistics.Covariance.Row(entry.Index), entry.Weight, row, row);
            TensorPrimitives.Multiply(row, inverses, row);
            foreach (ref double value in row)
                value = double.IsFinite(value) ? value : 0;
        }

        var mergedInverses = new double[merged];
        for (int p = 0; p < merged; p++)
        {
            double variance = 0, terms = 0;
            foreach (FeatureMap.Entry entry in map.MergeRow(p))
            {
                if (inverses[entry.Index] == 0)
                    continue;
                variance += entry.Weight * features[p, entry.Index] / inverses[entry.Index];
                terms += Math.Pow(entry.Weight / inverses[entry.Index], 2);
            }

            mergedInverses[p] = variance > Negligible * terms ? 1 / Math.Sqrt(variance) : 0;
        }

        _correlation = new Matrix(count, merged);
        for (int p = 0; p < merged; p++)
        {
            TensorPrimitives.Multiply(features.Row(p), mergedInverses[p], features.Row(p));
            for (int j = 0; j < count; j++)
                _correlation[j, p] = features[p, j];
            for (int q = 0; q < p; q++)
            {
                double sum = 0;
                foreach (FeatureMap.Entry entry in map.MergeRow(q))
                    sum += inverses[entry.Index] == 0 ? 0 : entry.Weight * features[p, entry.Index] / inverses[entry.Index];
                gram[p, q] = gram[q, p] = sum * mergedInverses[q];
            }

            gram[p, p] = 1;
        }

        _residual = Residual(gram, threads);
        for (int j = 0; j < count; j++)
            _residual[j] *= inverses[j] == 0 ? 0 : Math.Max(statistics.Covariance[j, j], 0);
    }

    /// <summary>R[j, j] of every feature: the part of its variance that the merged features do not explain.</summary>
    public IReadOnlyList<double> Unexplained => _residual;

    /// <summary>The merged feature that a feature correlates with most, and the correlation; the first of equal ones.</summary>
    public (int Merged, double Correlation) FindClosest(int feature)
    {
        ReadOnlySpan<double> row = _correlation.Row(feature);
        int best = TensorPrimitives.IndexOfMax(row);
        return (best, row[best]);
    }

    /// <summary>1 − the squared multiple correlation of every feature with the merged ones.</summary>
    private double[] Residual(Matrix gram, int threads)
    {
        var residual = new double[_correlation.Rows];
        Array.Fill(residual, 1);
        Cholesky? factor = null;
        for (double ridge = Ridge; factor is null && ridge < LargestRidge; ridge *= 10)
            factor = Cholesky.TryFactor(gram, ridge, threads);
        if (factor is null)
            return residual;
        Matrix coefficients = _correlation.Clone();
        factor.SolveRows(coefficients, threads);
        for (int j = 0; j < residual.Length; j++)
            residual[j] = Math.Clamp(1 - TensorPrimitives.Dot<double>(coefficients.Row(j), _correlation.Row(j)), 0, 1);
        return residual;
    }
}
