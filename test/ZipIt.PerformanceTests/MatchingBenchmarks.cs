using BenchmarkDotNet.Attributes;
using ZipIt.Merging;
using ZipIt.Numerics;

namespace ZipIt.PerformanceTests;

/// <summary>All twelve feature spaces of two ResNet-20×4: four each of 2×64, 2×128 and 2×256 channels.</summary>
[ShortRunJob]
[MemoryDiagnoser]
public class MatchingBenchmarks
{
    private readonly FeatureStatistics[] _spaces =
        [.. new[] { 64, 128, 256 }.SelectMany(width => Enumerable.Range(0, 4).Select(seed => SyntheticFeatures.Draw(width, seed)))];

    [Benchmark]
    public int Identity() => Match(new IdentityMatcher());

    [Benchmark]
    public int Permute() => Match(new PermutationMatcher());

    [Benchmark(Baseline = true)]
    public int Greedy() => Match(new ZipMatcher());

    [Benchmark]
    public int GreedyManyWithin() => Match(new ZipMatcher { Alpha = 0.1, Beta = 0.8 });

    [Benchmark]
    public int KMeans() => Match(new KMeansMatcher());

    [Benchmark]
    public int Optimal() => Match(new OptimalMatcher());

    [Benchmark]
    public int Selection() => Match(new SelectionMatcher());

    private int Match(IFeatureMatcher matcher) => _spaces.Sum(space => matcher.Match(new MatchingProblem(space)).MergedCount);
}

/// <summary>One space of two models, growing.</summary>
[ShortRunJob]
[MemoryDiagnoser]
public class MatchingGrowthBenchmarks
{
    private FeatureStatistics? _space;

    /// <summary>Channels of each model.</summary>
    [Params(128, 256, 512, 1024, 2048)]
    public int Channels { get; set; }

    [GlobalSetup]
    public void Setup() => _space = SyntheticFeatures.Draw(Channels, 1);

    [Benchmark]
    public int Greedy() => new ZipMatcher().Match(new MatchingProblem(_space!)).MergedCount;

    [Benchmark]
    public int Permute() => new PermutationMatcher().Match(new MatchingProblem(_space!)).MergedCount;
}

/// <summary>Statistics of two models whose features share factors, most of them weakly, as those of trained networks do.</summary>
internal static class SyntheticFeatures
{
    public static FeatureStatistics Draw(int channels, int seed)
    {
        var random = new Random(seed);
        int count = 2 * channels, factors = Math.Max(8, channels / 2);
        var loadings = new Matrix(count, factors);
        foreach (ref double value in loadings.Values)
            value = Math.Pow(2 * random.NextDouble() - 1, 5);
        var covariance = new Matrix(count, count);
        Parallel.For(0, count, i =>
        {
            for (int j = 0; j <= i; j++)
                covariance[i, j] = covariance[j, i] =
                    System.Numerics.Tensors.TensorPrimitives.Dot<double>(loadings.Row(i), loadings.Row(j)) + (i == j ? 0.1 : 0);
        });
        return new FeatureStatistics([channels, channels], 1000, new double[count], covariance);
    }
}
