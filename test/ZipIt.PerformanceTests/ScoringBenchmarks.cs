using BenchmarkDotNet.Attributes;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.MLNet;
using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>10,000 rows through an ML.NET data view, beside the same batches through the engine alone: the view may cost a tenth more.</summary>
[ShortRunJob]
public class ScoringBenchmarks
{
    private const int Rows = 10_000;
    private const int Distinct = 500;
    private const int BatchSize = 32;
    private const int Length = 3 * 32 * 32;

    private readonly float[] _pixels = new float[Distinct * Length];
    private INetworkSession? _session;
    private IDataView? _scored;

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        foreach (ref float value in _pixels.AsSpan())
            value = random.Next(256);
        Network network = BenchmarkNetworks.Create("resnet20x1");
        _session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = BatchSize });

        var context = new MLContext(1);
        Row[] images = [.. Enumerable.Range(0, Distinct).Select(i => new Row { Pixels = _pixels[(i * Length)..((i + 1) * Length)] })];
        IDataView data = context.Data.LoadFromEnumerable(Enumerable.Range(0, Rows).Select(i => images[i % Distinct]));
        string[] labels = [.. Enumerable.Range(0, network.ShapeOf(network.Heads[0].Node)[0]).Select(c => $"class {c}")];
        _scored = context.Transforms.Zip("Pixels", ZipClassifier.FromNetwork("task", network, labels)).Fit(data).Transform(data);
    }

    [Benchmark(Baseline = true)]
    public float Engine()
    {
        float sum = 0;
        for (int done = 0; done < Rows; done += BatchSize)
        {
            int start = done % (Distinct - BatchSize), count = Math.Min(BatchSize, Rows - done);
            _session!.Run(_pixels.AsSpan(start * Length, count * Length), count);
            sum += _session.GetOutput(0)[0];
        }

        return sum;
    }

    [Benchmark]
    public float Transform()
    {
        using DataViewRowCursor cursor = _scored!.GetRowCursor([_scored.Schema["Score"], _scored.Schema["Number"]]);
        ValueGetter<VBuffer<float>> getScore = cursor.GetGetter<VBuffer<float>>(_scored.Schema["Score"]);
        ValueGetter<int> getNumber = cursor.GetGetter<int>(_scored.Schema["Number"]);
        VBuffer<float> score = default;
        int number = 0;
        float sum = 0;
        while (cursor.MoveNext())
        {
            getScore(ref score);
            getNumber(ref number);
            sum += score.GetValues()[0] + number;
        }

        return sum;
    }

    private sealed class Row
    {
        [VectorType(Length)]
        public float[]? Pixels { get; set; }

        public int Number { get; set; }
    }
}
