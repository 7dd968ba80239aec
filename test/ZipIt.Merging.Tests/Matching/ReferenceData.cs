using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging.Tests.Matching;

/// <summary>The reference's matching results, as matrices.</summary>
internal static class ReferenceData
{
    public static int[] Nodes => Reference.SpaceNumbers;

    public static bool Has(string key) => Reference.Matching.ContainsKey(key);

    public static Matrix Read(string key)
    {
        Tensor tensor = Reference.Matching[key];
        var matrix = new Matrix(tensor[0], tensor[1]);
        for (int k = 0; k < tensor.Length; k++)
            matrix.Values[k] = tensor.Span[k];
        return matrix;
    }

    /// <summary>The matching problem that the reference implementation solved at a node.</summary>
    public static MatchingProblem Problem(int node)
    {
        Matrix covariance = Read($"cov_{node}");
        int features = covariance.Rows;
        return new MatchingProblem(new FeatureStatistics([features / 2, features / 2], 1000, new double[features], covariance));
    }
}
