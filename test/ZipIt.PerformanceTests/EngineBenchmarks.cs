using BenchmarkDotNet.Attributes;
using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>Time of the engine for one batch of each network of the tables.</summary>
public class EngineBenchmarks
{
    private INetworkSession? _session;
    private float[] _images = [];
    private int _batch;

    /// <summary>Network and batch size.</summary>
    [Params("resnet20x1:64", "resnet20x4:64", "resnet50:8", "resnet20x4:1", "vgg11:64")]
    public string Case { get; set; } = "";

    /// <summary>Number of threads; 0 for one per processor.</summary>
    [Params(1, 0)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        string[] parts = Case.Split(':');
        _batch = int.Parse(parts[1]);
        Network network = BenchmarkNetworks.Create(parts[0]);
        _images = BenchmarkNetworks.DrawImages(network, _batch);
        _session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = _batch, Threads = Threads });
    }

    [GlobalCleanup]
    public void Cleanup() => _session?.Dispose();

    [Benchmark]
    public void Run() => _session!.Run(_images, _batch);
}
