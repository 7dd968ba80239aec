using BenchmarkDotNet.Attributes;
using ZipIt.Merging;
using ZipIt.Numerics;

namespace ZipIt.PerformanceTests;

/// <summary>Factoring a Gram matrix of a 3×3 convolution's patches, and solving for 512 outputs.</summary>
[ShortRunJob]
public class CholeskyBenchmarks
{
    private Matrix? _gram;
    private Matrix? _targets;
    private Cholesky? _factor;

    /// <summary>Rows: 9 × input channels.</summary>
    [Params(576, 1152, 2304, 4608)]
    public int Size { get; set; }

    [Params(1, 0)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _gram = new Matrix(Size, Size);
        for (int i = 0; i < Size; i++)
        {
            for (int j = 0; j < i; j++)
                _gram[i, j] = _gram[j, i] = random.NextDouble() - 0.5;
            _gram[i, i] = Size;
        }

        _targets = new Matrix(512, Size);
        foreach (ref double value in _targets.Values)
            value = random.NextDouble();
        _factor = Cholesky.TryFactor(_gram);
    }

    [Benchmark]
    public Cholesky? Factor() => Cholesky.TryFactor(_gram!, 0, Threads);

    [Benchmark]
    public void Solve() => _factor!.SolveRows(_targets!.Clone(), Threads);
}
