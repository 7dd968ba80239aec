using BenchmarkDotNet.Attributes;
using ZipIt.Numerics;

namespace ZipIt.PerformanceTests;

/// <summary>Time to add the products of 1,024 samples, as statistics of features do, and as the refit does with samples in panels.</summary>
public class RankUpdateBenchmarks
{
    private const int Rows = 1024;

    private float[] _samples = [];
    private double[] _gram = [];
    private double[] _sums = [];
    private float[] _predictions = [];
    private PanelMatrix? _panels;
    private SymmetricTiles? _tiles;
    private PanelWeights? _weights;

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
        _predictions = new float[Rows * Features];
        _panels = new PanelMatrix(Rows, Features);
        _panels.CopyFrom(_samples);
        _tiles = new SymmetricTiles(Features);
        _weights = new PanelWeights(new double[Features * Features], Features, Features);
    }

    [Benchmark]
    public void AddSymmetric() => RankUpdate.AddSymmetric(_samples, Rows, Features, _gram, _sums);

    [Benchmark]
    public void AddPanels() => PanelProducts.AddSymmetric(_panels!, _tiles!);

    [Benchmark]
    public void MultiplyPanels() => _weights!.Multiply(_panels!, _predictions);
}
