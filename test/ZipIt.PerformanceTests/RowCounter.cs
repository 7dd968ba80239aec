using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>
/// Scores very many rows in one pass, to see that memory does not grow with them: <c>rows [COUNT]</c>. The model is a zip of two ResNet-8 with random weights;
/// the images are noise of 16 pixels, made when they are read.
/// </summary>
internal static class RowCounter
{
    private const int Extent = 16;
    private const int Pixels = 3 * Extent * Extent;
    private const int Lines = 10;

    public static int Run(string[] arguments)
    {
        int count = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 1_000_000;
        var context = new MLContext(1);
        ZipTransformer model = context.Transforms
            .Zip(new ZipEstimator.Options { CalibrationCheck = CalibrationCheck.Skip }, Make("a"), Make("b")) // weights are random
            .Fit(context.Data.LoadFromEnumerable(Generate(100)));

        IDataView scored = model.Transform(context.Data.LoadFromEnumerable(Generate(count)));
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Number"], scored.Schema["PredictedLabel"], scored.Schema["Score"]]);
        ValueGetter<VBuffer<float>> getScore = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        ValueGetter<uint> getLabel = cursor.GetGetter<uint>(scored.Schema["PredictedLabel"]);
        VBuffer<float> score = default;
        uint label = 0;
        long labels = 0;
        var clock = Stopwatch.StartNew();
        for (int rows = 1; cursor.MoveNext(); rows++)
        {
            getScore(ref score);
            getLabel(ref label);
            labels += label;
            if (rows % Math.Max(count / Lines, 1) != 0)
                continue;
            using var process = Process.GetCurrentProcess();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{rows,10} rows {clock.Elapsed.TotalSeconds,8:F1} s {rows / clock.Elapsed.TotalSeconds,8:F0} rows/s, {process.WorkingSet64 >> 20} MiB, at most {process.PeakWorkingSet64 >> 20} MiB"));
        }

        return labels > 0 ? 0 : 1;
    }

    private static ZipClassifier Make(string name) =>
        ZipClassifier.FromNetwork(name, ResNet.Random(name[0], ResNetLayout.Cifar(8, outputs: 5), Extent),
            [.. Enumerable.Range(0, 5).Select(i => $"{name}{i}")]);

    private static IEnumerable<Row> Generate(int count)
    {
        var row = new Row();
        uint state = 1;
        for (int i = 0; i < count; i++)
        {
            row.Number = i;
            foreach (ref float pixel in row.Pixels.AsSpan())
                pixel = (state = state * 1664525 + 1013904223) >> 24;
            yield return row;
        }
    }

    private sealed class Row
    {
        public int Number { get; set; }

        [VectorType(RowCounter.Pixels)]
        public float[] Pixels { get; set; } = new float[RowCounter.Pixels];
    }
}
