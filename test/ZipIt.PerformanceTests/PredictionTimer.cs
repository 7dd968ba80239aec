using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.MLNet;
using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>
/// What ML.NET adds to the engine, in turns: <c>predict [NETWORK] [ROUNDS]</c> takes one image through <c>PredictionEngine.Predict</c>, and many through
/// <c>Transform</c>, beside the engine alone on the same pixels.
/// </summary>
internal static class PredictionTimer
{
    private const int BatchSize = 32;
    private const double SecondsPerTurn = 0.2;

    /// <summary>Prints medians over the rounds of the shortest run of each turn.</summary>
    public static int Run(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        string name = arguments.Length > 0 ? arguments[0] : "resnet20x1";
        int rounds = arguments.Length > 1 ? int.Parse(arguments[1]) : 15;
        Network network = BenchmarkNetworks.Create(name);
        float[] pixels = BenchmarkNetworks.DrawImages(network, BatchSize);
        int length = pixels.Length / BatchSize;
        var context = new MLContext(1);
        var definition = SchemaDefinition.Create(typeof(Image));
        definition[nameof(Image.Pixels)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, length);
        Image[] images = [.. Enumerable.Range(0, BatchSize).Select(i => new Image { Pixels = pixels[(i * length)..((i + 1) * length)] })];
        IDataView data = context.Data.LoadFromEnumerable(images, definition);
        string[] labels = [.. Enumerable.Range(0, network.ShapeOf(network.Heads[0].Node)[0]).Select(c => $"class {c}")];
        ITransformer model = context.Transforms.Zip("Pixels", ZipClassifier.FromNetwork("task", network, labels)).Fit(data);
        using var predictor = context.Model.CreatePredictionEngine<Image, Prediction>(model, inputSchemaDefinition: definition);
        using INetworkSession single = new CpuEngine().CreateSession(network), batch = new CpuEngine().CreateSession(
            network, new SessionOptions { MaximumBatchSize = BatchSize });
        IDataView scored = model.Transform(data);
        var prediction = new Prediction();

        Print($"{name}, one image", rounds, () => single.Run(images[0].Pixels, 1), () => predictor.Predict(images[0], ref prediction));
        Print($"{name}, {BatchSize} images", rounds, () => batch.Run(pixels, BatchSize), () => Read(scored));
        return 0;
    }

    private static void Read(IDataView scored)
    {
        DataViewSchema.Column column = scored.Schema["Score"];
        using DataViewRowCursor cursor = scored.GetRowCursor([column]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> score = default;
        while (cursor.MoveNext())
            getter(ref score);
    }

    private static void Print(string what, int rounds, Action engine, Action withFrame)
    {
        Action[] both = [engine, withFrame];
        double[][] times = [new double[rounds], new double[rounds]];
        foreach (Action action in both)
            Time(action, 1); // until the just-in-time compiler is done
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < 2; turn++)
                times[(round + turn) % 2][round] = Time(both[(round + turn) % 2], SecondsPerTurn);
        }

        double[] ratios = [.. times[0].Zip(times[1], (alone, framed) => framed / alone).Order()];
        Console.WriteLine($"{what}: engine {Median(times[0]) * 1e3:F3} ms, ML.NET {Median(times[1]) * 1e3:F3} ms, ratio {ratios[rounds / 2]:F3}");
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static double Time(Action action, double seconds)
    {
        double shortest = double.PositiveInfinity;
        long begin = Stopwatch.GetTimestamp();
        do
        {
            long start = Stopwatch.GetTimestamp();
            action();
            shortest = Math.Min(shortest, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds);
        return shortest;
    }

    private sealed class Image
    {
        public float[] Pixels { get; set; } = [];
    }

    private sealed class Prediction
    {
        public uint PredictedLabel { get; set; }

        public float[] Score { get; set; } = [];
    }
}
