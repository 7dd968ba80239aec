using System.Numerics.Tensors;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Groups of features by K-means on the rows of the correlation matrix: features belong together that correlate alike with all others
/// (a baseline in Stoica et al., <i>ZipIt!</i>, ICLR 2024, section 5.3).
/// </summary>
/// <remarks>
/// Lloyd's algorithm (1982) from k-means++ seeds (Arthur and Vassilvitskii, SODA 2007), several times; the result with the smallest sum of squared distances is
/// kept. Distances are computed from the inner products of all rows, which are computed once: an iteration takes features² additions whatever the number of
/// groups. The same seed and data always give the same groups. Any number of models and of features to keep; no group is empty.
/// </remarks>
public sealed record KMeansMatcher : IFeatureMatcher
{
    private readonly int _restarts = 10;
    private readonly int _maximumIterations = 300;

    /// <summary>What a command line or a report says of the matcher.</summary>
    internal static MatcherDescription Description { get; } = MatcherDescription.Of(
        "kmeans",
        "Groups features that correlate alike with all others, by K-means on the rows of the correlation matrix.",
        "Lloyd 1982; Arthur and Vassilvitskii, k-means++, SODA 2007; a baseline in Stoica et al., ZipIt!, ICLR 2024, section 5.3",
        values => new KMeansMatcher
        {
            Seed = values.WholeNumber("seed"),
            Restarts = values.WholeNumber("restarts"),
            MaximumIterations = values.WholeNumber("maximum-iterations"),
            Compatibility = values.Switch("compatibility"),
        },
        MatcherParameter.WholeNumber("seed", 0, null, "Seed of the random choices."),
        MatcherParameter.WholeNumber("restarts", 10, 1, "How often it is run from new seeds."),
        MatcherParameter.WholeNumber("maximum-iterations", 300, 1, "Largest number of iterations of each run."),
        MatcherParameter.Switch("compatibility", "Does as ZipIt!'s authors' implementation, with another diagonal and other merge weights."));

    /// <summary>Seed of the random choices. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>How often the algorithm is run from new seeds. Default 10.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int Restarts
    {
        get => _restarts;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(Restarts));
            _restarts = value;
        }
    }

    /// <summary>Largest number of iterations of each run; most stop earlier because nothing changes any more. Default 300.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaximumIterations
    {
        get => _maximumIterations;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(MaximumIterations));
            _maximumIterations = value;
        }
    }

    /// <summary>
    /// Does as the authors' implementation: the diagonal of the correlation matrix is −10 instead of 1, and merge weights are 1/(|g| + 10⁻⁵). Default false.
    /// </summary>
    public bool Compatibility { get; init; }

    /// <inheritdoc/>
    public string Name => Compatibility ? "K-means (as reference)" : "K-means";

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="problem"/> is null.</exception>
    public FeatureMap Match(MatchingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        Matrix products = InnerProducts(problem.Correlation, problem.Threads);
        var random = new Random(Seed);
        (double Error, int[] Labels) best = (double.PositiveInfinity, []);
        for (int run = 0; run < Restarts; run++)
        {
            (double error, int[] labels) = Run(products, problem.MergedCount, random);
            if (error < best.Error || run == 0)
                best = (error, labels);
        }

        // Groups in the order of their first members, as the other matchers have them.
        int[][] groups = [.. Enumerable.Range(0, best.Labels.Length).GroupBy(feature => best.Labels[feature]).Select(group => group.ToArray())];
        return ReferenceQuirks.ToMap(problem.Statistics.Widths, groups, Compatibility);
    }

    private Matrix InnerProducts(Matrix correlation, int threads)
    {
        int count = correlation.Rows;
        Matrix rows = correlation;
        if (Compatibility)
        {
            rows = correlation.Clone();
            for (int i = 0; i < count; i++)
                rows[i, i] = ReferenceQuirks.KMeansDiagonal;
        }

        var products = new Matrix(count, count);
        WorkerTeam.For(threads, count, (i, _) =>
        {
            for (int j = 0; j <= i; j++)
                products[i, j] = products[j, i] = TensorPrimitives.Dot<double>(rows.Row(i), rows.Row(j));
        });
        return products;
    }

    private (double Error, int[] Labels) Run(Matrix products, int clusters, Random random)
    {
        int count = products.Rows;
        int[] labels = Seeds(products, clusters, random);
        var sizes = new int[clusters];
        var sums = new double[clusters]; // of one row's products with each cluster's members
        var within = new double[clusters]; // squared norm of each centre
        var linear = new Matrix(count, clusters); // product of each row with each centre
        var distances = new double[count];
        for (int iteration = 0; ; iteration++)
        {
            Array.Clear(sizes);
            Array.Clear(within);
            foreach (int label in labels)
                sizes[label]++;
            for (int i = 0; i < count; i++)
            {
                Array.Clear(sums);
                ReadOnlySpan<double> row = products.Row(i);
                for (int j = 0; j < count; j++)
                    sums[labels[j]] += row[j];
                Span<double> centres = linear.Row(i);
                for (int c = 0; c < clusters; c++)
                    centres[c] = sums[c] / sizes[c];
                within[labels[i]] += centres[labels[i]] / sizes[labels[i]];
            }

            double error = 0;
            bool changed = false;
            for (int i = 0; i < count; i++)
            {
                // ‖x − centre‖² = ‖x‖² − 2·x·centre + ‖centre‖²; a row leaves its cluster only for one that is truly nearer.
                int label = labels[i];
                double nearest = within[label] - 2 * linear[i, label];
                for (int c = 0; c < clusters; c++)
                {
                    double distance = within[c] - 2 * linear[i, c];
                    if (distance < nearest)
                        (nearest, label) = (distance, c);
                }

                changed |= label != labels[i];
                labels[i] = label;
                distances[i] = Math.Max(products[i, i] + nearest, 0);
                error += distances[i];
            }

            FillEmptyClusters(labels, sizes, distances);
            if (!changed || iteration + 1 == MaximumIterations)
                return (error, labels);
        }
    }

    /// <summary>
    /// Labels every row by the nearest of k-means++ seeds: each seed is drawn with a probability proportional to its squared distance from those before.
    /// </summary>
    private static int[] Seeds(Matrix products, int clusters, Random random)
    {
        int count = products.Rows;
        var labels = new int[count];
        var distances = new double[count];
        var isSeed = new bool[count];
        Array.Fill(distances, double.PositiveInfinity);
        int seed = random.Next(count);
        for (int c = 0; c < clusters; c++)
        {
            if (c > 0)
            {
                double threshold = random.NextDouble() * TensorPrimitives.Sum<double>(distances);
                seed = -1;
                for (int i = 0; i < count && (seed < 0 || threshold >= 0); i++)
                {
                    if (isSeed[i])
                        continue;
                    seed = i; // of rows that are all copies of seeds, and where rounding leaves a rest, the last
                    threshold -= distances[i];
                    if (distances[i] > 0 && threshold < 0)
                        break;
                }
            }

            isSeed[seed] = true;
            for (int i = 0; i < count; i++)
            {
                double distance = Math.Max(products[i, i] - 2 * products[i, seed] + products[seed, seed], 0);
                if (distance < distances[i] && !isSeed[i])
                    (distances[i], labels[i]) = (distance, c);
            }

            (distances[seed], labels[seed]) = (0, c);
        }

        return labels;
    }

    /// <summary>Gives each empty cluster the row that lies farthest from its centre.</summary>
    private static void FillEmptyClusters(int[] labels, int[] sizes, double[] distances)
    {
        Array.Clear(sizes);
        foreach (int label in labels)
            sizes[label]++;
        for (int c = 0; c < sizes.Length; c++)
        {
            if (sizes[c] > 0)
                continue;
            int farthest = -1;
            for (int i = 0; i < labels.Length; i++)
            {
                if (sizes[labels[i]] > 1 && (farthest < 0 || distances[i] > distances[farthest]))
                    farthest = i;
            }

            sizes[labels[farthest]]--;
            sizes[c]++;
            (labels[farthest], distances[farthest]) = (c, 0);
        }
    }
}
