using ZipIt.Numerics;

namespace ZipIt.Merging.Tests.Matching;

/// <summary>Generated matching problems.</summary>
internal static class Problems
{
    /// <summary>A problem whose correlation is exactly the given symmetric matrix with a diagonal of ones.</summary>
    public static MatchingProblem FromCorrelation(Matrix correlation, int[] widths, int? merged = null) =>
        new(new FeatureStatistics(widths, 1000, new double[correlation.Rows], correlation), merged);

    /// <summary>A symmetric matrix with entries between −1 and 1 and ones on the diagonal; with steps, entries are multiples of 1/steps (many ties).</summary>
    public static Matrix RandomCorrelation(Random random, int count, int steps = 0)
    {
        var matrix = new Matrix(count, count);
        for (int i = 0; i < count; i++)
        {
            matrix[i, i] = 1;
            for (int j = 0; j < i; j++)
                matrix[i, j] = matrix[j, i] = steps == 0 ? 2 * random.NextDouble() - 1 : (double)random.Next(-steps, steps + 1) / steps;
        }

        return matrix;
    }

    /// <summary>Statistics of random features that share a few factors, as trained networks' features do.</summary>
    public static FeatureStatistics RandomFeatures(Random random, int[] widths, int factors, double noise)
    {
        int count = widths.Sum();
        var loadings = new Matrix(count, factors);
        foreach (ref double value in loadings.Values)
            value = 2 * random.NextDouble() - 1;
        var covariance = new Matrix(count, count);
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = i == j ? noise : 0;
                for (int f = 0; f < factors; f++)
                    sum += loadings[i, f] * loadings[j, f];
                covariance[i, j] = covariance[j, i] = sum;
            }
        }

        return new FeatureStatistics(widths, 1000, new double[count], covariance);
    }

    /// <summary>The source features of every merged feature.</summary>
    public static int[][] Groups(FeatureMap map)
    {
        var groups = new int[map.MergedCount][];
        for (int p = 0; p < groups.Length; p++)
        {
            groups[p] = new int[map.MergeRow(p).Length];
            for (int k = 0; k < groups[p].Length; k++)
                groups[p][k] = map.MergeRow(p)[k].Index;
        }

        return groups;
    }

    public static string Describe(FeatureMap map) => string.Join(" | ", Groups(map).Select(group => string.Join(" ", group)));
}
