using BenchmarkDotNet.Attributes;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>
/// The steps of zipping two ResNet-20, taken one by one, and the whole zip, in which the refit's samples of the members are taken in the statistics pass. (How
/// long the refit takes inside it tells <see cref="FitTimer"/>: no more than four times the statistics pass is wanted.)
/// </summary>
[ShortRunJob]
[MemoryDiagnoser]
public class RefitBenchmarks
{
    private Zipper? _zipper;
    private InMemoryImages? _images;
    private IReadOnlyList<SpaceStatistics> _statistics = [];
    private IReadOnlyList<SpaceMap> _maps = [];

    /// <summary>Width of the networks.</summary>
    [Params(1, 4)]
    public int Width { get; set; }

    /// <summary>Number of calibration images.</summary>
    [Params(1000)]
    public int Images { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        ZipMember[] members = [new("A", ResNet.Random(1, ResNetLayout.Cifar(20, Width), 32)), new("B", ResNet.Random(2, ResNetLayout.Cifar(20, Width), 32))];
        _images = new InMemoryImages(new Tensor(BenchmarkNetworks.DrawImages(members[0].Network, Images), Images, 3, 32, 32));
        _zipper = new Zipper(members, ZipOptions.For(ZipMethod.Best) with { CalibrationCheck = CalibrationCheck.Skip }); // weights are random
        _statistics = _zipper.CollectStatistics(_images);
        _maps = _zipper.Match(_statistics);
    }

    [Benchmark(Baseline = true)]
    public IReadOnlyList<SpaceStatistics> Statistics() => _zipper!.CollectStatistics(_images!);

    [Benchmark]
    public IReadOnlyList<SpaceMap> Match() => _zipper!.Match(_statistics);

    [Benchmark]
    public ZipResult Zip() => _zipper!.Zip(_images!);

    [Benchmark]
    public RefitResult Refit() => _zipper!.Refit(_maps, _images!);
}
