using BenchmarkDotNet.Attributes;
using ZipIt.Networks.Kernels;

namespace ZipIt.PerformanceTests;

/// <summary>Time to add the products of 1,024 samples, as statistics of features do.</summary>
public class RankUpdateBenchmarks
{
    private const int Rows = 1024;

    private float[] _samples = [];
    private double[] _gram = [];
    private double[] _sums = [];

    /// <summary>Number of features.</summary>
    [Params(32, 128, 512)]
    public int Features { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _samples = [.. Enumerable.Range(0, Rows * Features).Select(_ => (float)random.NextDouble())];
        _gram = new double[Features * Features];
        _sums = new double[Features];
    }

    [Benchmark]
    public void AddSymmetric() => RankUpdate.AddSymmetric(_samples, Rows, Features, _gram, _sums);

    [Benchmark]
    public void AddProduct() => RankUpdate.AddProduct(_samples, Features, Features, _samples, Features, Features, Rows, _gram);
}
