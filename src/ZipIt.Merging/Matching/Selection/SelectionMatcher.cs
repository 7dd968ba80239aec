using System.Globalization;
using System.Numerics.Tensors;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Keeps the most informative original features instead of averaging pairs: the greedy selection of columns that best explain all features of all
/// models linearly (column subset selection: Farahat, Ghodsi and Kamel, <i>An efficient greedy method for unsupervised feature selection</i>, ICDM 2011,
/// equation 6).
/// </summary>
/// <remarks>
/// <para>
/// The mean of two features after a ReLU is not the ReLU of anything that a layer computes, but a selected feature can be produced exactly; the layers that
/// read the others get linear reconstructions. Meant to be followed by a least-squares refit.
/// </para>
/// <para>
/// With A = D·cov·D, where D is <see cref="MatchingProblem.Importance"/> (1 if unknown) times a factor per model, and R = A at first, each step selects
/// j = argmax Σᵢ R[i, j]²/R[j, j] (the first of equal ones) and sets R ← R − R[:, j]·R[j, :]/R[j, j]. When nothing is left to explain, remaining places go
/// to the features with the largest A[j, j]. Features that hardly vary count as dead: they explain nothing, and nothing is reconstructed from them, since what
/// they seem to correlate with is chance, and its coefficients would be as large as their variance is small.
/// </para>
/// <para>Any number of models and of features to keep. Time grows with selections × features²; memory is three square matrices.</para>
/// </remarks>
public sealed record SelectionMatcher : IFeatureMatcher
{
    private const double Negligible = 1e-12; // of a feature's own weighted variance, below which it counts as explained
    private const double NearlyDead = 1e-8; // of the largest weighted variance of its model: below that a feature counts as dead
    private const double Rounding = 1e-12; // of a feature's mean square: below that its variance is what rounding has left
    private const string LeastSquaresUnmerge = "least-squares";

    private readonly double _balance = 1;
    private readonly double _minimumShare;
    private readonly double _ridge = 1e-6;

    /// <summary>What a command line or a report says of the matcher.</summary>
    internal static MatcherDescription Description { get; } = MatcherDescription.Of(
        "select",
        "Keeps the features from which all others are best reconstructed, instead of averaging; meant to be followed by a refit.",
        "Column subset selection: Farahat, Ghodsi and Kamel, ICDM 2011, equation 6; for merging, our extension",
        values => new SelectionMatcher
        {
            Balance = values.Number("balance"),
            MinimumShare = values.Number("minimum-share"),
            Standardize = values.Switch("standardize"),
            Unmerge = values.Choice("unmerge") == LeastSquaresUnmerge ? SelectionUnmerge.LeastSquares : SelectionUnmerge.StrongestCorrelation,
            Ridge = values.Number("ridge"),
        },
        MatcherParameter.Number("balance", 1, 0, 1, "How far networks are put on a par: 0 leaves features their variance, 1 gives every network the same sum."),
        MatcherParameter.Number("minimum-share", 0, 0, 1, "Share of an even split that every network gets in any case."),
        MatcherParameter.Switch("standardize", "Compares features by correlation instead of covariance."),
        MatcherParameter.Choice("unmerge", "How features that were not selected are given back.", LeastSquaresUnmerge, "strongest-correlation"),
        MatcherParameter.Number("ridge", 1e-6, 0, double.PositiveInfinity, "Ridge of the reconstruction, relative to each selected feature's variance."));

    /// <summary>
    /// How far models are put on a par, from 0 (features count by variance and importance alone) to 1 (every model's diagonal block of A has a trace in
    /// proportion to its
    /// <see cref="MatchingProblem.Demands"/>, so that no task starves): D is divided by the model's trace per demand to the power of half this number. Default
    /// 1.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 0 and 1.</exception>
    public double Balance
    {
        get => _balance;
        init => _balance = value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Balance), value, "Expected a number between 0 and 1.");
    }

    /// <summary>
    /// Share of an even split that every model gets in any case: of the features kept, at least ⌊share·kept/N⌋ are each model's own (or all it has).
    /// From 0 (the selection is free) to 1 (every model keeps equally many). Default 0.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 0 and 1.</exception>
    public double MinimumShare
    {
        get => _minimumShare;
        init => _minimumShare = value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MinimumShare), value, "Expected a number between 0 and 1.");
    }

    /// <summary>Whether features are compared by correlation instead of covariance, before importance is applied. Default false.</summary>
    public bool Standardize { get; init; }

    /// <summary>How the features that were not selected are given back. Default <see cref="SelectionUnmerge.LeastSquares"/>.</summary>
    public SelectionUnmerge Unmerge { get; init; } = SelectionUnmerge.LeastSquares;

    /// <summary>
    /// Ridge of the reconstruction, relative to each selected feature's variance; raised tenfold for as long as the system is singular. Default 10⁻⁶.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or not finite.</exception>
    public double Ridge
    {
        get => _ridge;
        init => _ridge = value >= 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Ridge), value, "Expected a finite number that is not negative.");
    }

    /// <inheritdoc/>
    public bool UsesImportance => true;

    /// <inheritdoc/>
    public string Name
    {
        get
        {
            string balance = Balance == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", balance {Balance}");
            string share = MinimumShare == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", at least {MinimumShare:P0} each");
            return $"Select{share}{(Standardize ? ", standardized" : "")}{balance}{(Unmerge == SelectionUnmerge.StrongestCorrelation ? ", strongest correlation" : "")}";
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="problem"/> is null.</exception>
    public FeatureMap Match(MatchingProblem problem) => Select(problem).Map;

    /// <summary>Selects features and also tells what they leave unexplained.</summary>
    /// <param name="problem">Statistics of the space, number of features to keep, importances.</param>
    /// <exception cref="ArgumentNullException"><paramref name="problem"/> is null.</exception>
    /// <exception cref="ArgumentException">An importance is negative or not finite, or there is not one positive demand for each model.</exception>
    public SelectionResult Select(MatchingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.Importance is { } importance && importance.Any(value => !(value >= 0) || !double.IsFinite(value)))
            throw new ArgumentException("Every importance must be a finite number that is not negative.", nameof(problem));
        if (problem.Demands is { } demands && (demands.Count != problem.Statistics.ModelCount || demands.Any(value => !(value > 0) || !double.IsFinite(value))))
            throw new ArgumentException($"Expected one positive, finite demand for each of {problem.Statistics.ModelCount} models.", nameof(problem));

        Matrix weighted = WeightedCovariance(problem);
        var total = new double[weighted.Rows];
        for (int j = 0; j < total.Length; j++)
            total[j] = weighted[j, j];
        var selection = new ColumnSelection(weighted, problem.Threads);
        var order = new List<int>(problem.MergedCount);
        var unexplained = new List<double>(problem.MergedCount);
        int informative = Select(problem, selection, total, order, unexplained);

        int[] selected = [.. order.Order()];
        FeatureMap map = ToMap(problem, selected, [.. order.Take(informative).Order()]);
        return new SelectionResult(map, selected, order, unexplained[^1], UnexplainedOfModels(problem, selection.Diagonal, total), unexplained);
    }

    /// <summary>A = D·cov·D.</summary>
    private Matrix WeightedCovariance(MatchingProblem problem)
    {
        FeatureStatistics statistics = problem.Statistics;
        int count = statistics.FeatureCount;
        var scale = new double[count];
        int offset = 0;
        for (int m = 0; m < statistics.ModelCount; m++)
        {
            int width = statistics.Widths[m];
            for (int j = offset; j < offset + width; j++)
                scale[j] = problem.Importance?[j] ?? 1;
            SilenceDead(statistics, scale, offset, width);
            double trace = 0;
            for (int j = offset; j < offset + width; j++)
            {
                double variance = Finite(statistics.Covariance[j, j]);
                if (Standardize)
                    scale[j] = variance > 0 ? scale[j] / Math.Sqrt(variance) : 0;
                trace += scale[j] * scale[j] * Math.Max(variance, 0);
            }

            double demand = problem.Demands is { } demands ? demands[m] / demands.Max() : 1;
            double factor = trace > 0 ? Math.Pow(trace / demand, -Balance / 2) : 1;
            for (int j = offset; j < offset + width; j++)
                scale[j] *= factor;
            offset += width;
        }

        var weighted = new Matrix(count, count);
        for (int i = 0; i < count; i++)
        {
            Span<double> row = weighted.Row(i);
            TensorPrimitives.Multiply(statistics.Covariance.Row(i), scale, row);
            TensorPrimitives.Multiply(row, scale[i], row);
            if (double.IsFinite(TensorPrimitives.MaxMagnitude<double>(row)))
                continue;
            foreach (ref double value in row)
                value = Finite(value);
        }

        return weighted;
    }

    /// <summary>Takes a model's features that hardly vary out of account.</summary>
    private static void SilenceDead(FeatureStatistics statistics, double[] scale, int first, int count)
    {
        double largest = 0;
        for (int j = first; j < first + count; j++)
            largest = Math.Max(largest, scale[j] * scale[j] * Finite(statistics.Covariance[j, j]));
        for (int j = first; j < first + count; j++)
        {
            double variance = Finite(statistics.Covariance[j, j]), mean = Finite(statistics.Mean[j]);
            if (!(scale[j] * scale[j] * variance > NearlyDead * largest) || !(variance > Rounding * mean * mean))
                scale[j] = 0;
        }
    }

    private static double Finite(double value) => double.IsFinite(value) ? value : 0;

    /// <summary>Selects features and returns how many of them, the first ones, explain something.</summary>
    private int Select(MatchingProblem problem, ColumnSelection selection, double[] total, List<int> order, List<double> unexplained)
    {
        int count = total.Length;
        int[] origins = GreedyMatching.Origins(problem.Statistics);
        int[] owed = new int[problem.Statistics.ModelCount]; // features that each model must still get
        for (int m = 0; m < owed.Length; m++)
            owed[m] = Math.Min((int)Math.Floor(MinimumShare * problem.MergedCount / owed.Length + 1e-9), problem.Statistics.Widths[m]);

        double all = TensorPrimitives.Sum<double>(total);
        var isSelected = new bool[count];
        bool IsOpen(int j) => !isSelected[j] && (owed[origins[j]] > 0 || problem.MergedCount - order.Count > owed.Sum());

        void Take(int j)
        {
            isSelected[j] = true;
            owed[origins[j]] = Math.Max(owed[origins[j]] - 1, 0);
            order.Add(j);
        }

        int informative = 0;
        while (order.Count < problem.MergedCount)
        {
            int best = -1;
            double bestGain = 0;
            for (int j = 0; j < count; j++)
            {
                if (!(selection.Diagonal[j] > Negligible * total[j]) || !IsOpen(j))
                    continue;
                double gain = selection.Gain(j);
                if (gain > bestGain)
                    (best, bestGain) = (j, gain);
            }

            if (best < 0)
                break;
            if (!selection.TryTake(best))
                continue;
            Take(best);
            informative++;
            unexplained.Add(Unexplained(selection.Diagonal, all));
        }

        while (order.Count < problem.MergedCount)
        {
            int best = -1;
            for (int j = 0; j < count; j++)
            {
                if (IsOpen(j) && (best < 0 || total[j] > total[best]))
                    best = j;
            }

            Take(best);
            unexplained.Add(Unexplained(selection.Diagonal, all));
        }

        return informative;
    }

    private static double Unexplained(ReadOnlySpan<double> residual, double all)
    {
        double trace = 0;
        foreach (double variance in residual)
            trace += Math.Max(variance, 0);
        return all > 0 ? trace / all : 0;
    }

    private static double[] UnexplainedOfModels(MatchingProblem problem, ReadOnlySpan<double> residual, double[] total)
    {
        ReadOnlySpan<int> widths = problem.Statistics.Widths;
        var fractions = new double[widths.Length];
        int offset = 0;
        for (int m = 0; m < widths.Length; offset += widths[m++])
        {
            double before = 0, after = 0;
            for (int j = offset; j < offset + widths[m]; j++)
            {
                before += total[j];
                after += Math.Max(residual[j], 0);
            }

            fractions[m] = before > 0 ? after / before : 0;
        }

        return fractions;
    }

    private FeatureMap ToMap(MatchingProblem problem, int[] selected, int[] informative)
    {
        int count = problem.Statistics.FeatureCount;
        var position = new int[count];
        Array.Fill(position, -1);
        for (int p = 0; p < selected.Length; p++)
            position[selected[p]] = p;

        var merge = new FeatureMap.Entry[selected.Length][];
        var unmerge = new FeatureMap.Entry[count][];
        var others = new List<int>();
        for (int j = 0; j < count; j++)
        {
            if (position[j] >= 0)
            {
                merge[position[j]] = [new FeatureMap.Entry(j, 1)];
                unmerge[j] = [new FeatureMap.Entry(position[j], 1)];
            }
            else
            {
                others.Add(j);
            }
        }

        if (Unmerge == SelectionUnmerge.StrongestCorrelation)
            CopyStrongest(problem, selected, others, unmerge);
        else
            Reconstruct(problem, informative, position, others, unmerge);
        return new FeatureMap(problem.Statistics.Widths, merge, unmerge);
    }

    private static void CopyStrongest(MatchingProblem problem, int[] selected, List<int> others, FeatureMap.Entry[][] unmerge)
    {
        double[] deviations = problem.Statistics.ToDeviations();
        var correlation = new double[deviations.Length];
        foreach (int j in others)
        {
            problem.Statistics.CorrelationRow(j, 0, deviations, correlation);
            int best = 0;
            for (int p = 1; p < selected.Length; p++)
            {
                if (correlation[selected[p]] > correlation[selected[best]])
                    best = p;
            }

            unmerge[j] = [new FeatureMap.Entry(best, 1)];
        }
    }

    /// <summary>
    /// U = cov[:, S]·cov[S, S]⁻¹, computed on correlations, so that the ridge treats weak and strong features alike: with x = S's features over their
    /// deviations, y ≈ σ(y)·corr(y, S)·(corr(S, S) + ρI)⁻¹·x.
    /// </summary>
    private void Reconstruct(MatchingProblem problem, int[] selected, int[] position, List<int> others, FeatureMap.Entry[][] unmerge)
    {
        FeatureStatistics statistics = problem.Statistics;
        double[] deviations = statistics.ToDeviations();
        double[] inverses = [.. deviations.Select(deviation => deviation > 0 ? 1 / deviation : 0)];
        int[] usable = [.. selected.Where(j => deviations[j] > 0)];
        if (usable.Length == 0)
        {
            foreach (int j in others)
                unmerge[j] = [];
            return;
        }

        Matrix gram = Gather(statistics, usable, usable, inverses);
        Matrix coefficients = Gather(statistics, [.. others], usable, inverses);
        Cholesky? factor = null;
        for (double ridge = Ridge; factor is null; ridge = Math.Max(10 * ridge, 1e-12))
        {
            if (ridge > 1e6)
                throw new ArgumentException("The covariance is not positive semidefinite.", nameof(problem));
            factor = Cholesky.TryFactor(gram, ridge, problem.Threads);
        }

        factor.SolveRows(coefficients, problem.Threads);
        for (int i = 0; i < others.Count; i++)
        {
            var row = new FeatureMap.Entry[usable.Length];
            for (int p = 0; p < usable.Length; p++)
                row[p] = new FeatureMap.Entry(position[usable[p]], coefficients[i, p] * deviations[others[i]] * inverses[usable[p]]);
            unmerge[others[i]] = deviations[others[i]] > 0 ? row : [];
        }
    }

    private static Matrix Gather(FeatureStatistics statistics, int[] rows, int[] columns, double[] inverses)
    {
        var matrix = new Matrix(rows.Length, columns.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            ReadOnlySpan<double> covariance = statistics.Covariance.Row(rows[i]);
            for (int j = 0; j < columns.Length; j++)
                matrix[i, j] = Finite(covariance[columns[j]] * inverses[rows[i]] * inverses[columns[j]]);
        }

        return matrix;
    }
}
