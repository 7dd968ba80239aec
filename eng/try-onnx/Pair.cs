using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.Onnx;
using SessionOptions = ZipIt.Networks.SessionOptions;

namespace ZipIt.TryOnnx;

/// <summary>
/// Two classifiers out of ONNX files: each against ONNX Runtime; zipped up to the middle and as far as possible; each zip written, run by ONNX Runtime inside
/// ML.NET, and read again.
/// </summary>
internal sealed class Pair(string name, string first, string second, ZipMethod method)
{
    private const int CalibrationImages = 24;
    private const int TestImages = 2;
    private const double Tolerance = 1e-4;

    private readonly MLContext _context = new(seed: 1);

    /// <summary>Prints what happened.</summary>
    /// <returns>Number of outputs that differ by more than they may.</returns>
    public int Try()
    {
        OnnxNetwork[] files = [OnnxNetwork.Load(first), OnnxNetwork.Load(second)];
        int faults = files.Zip((string[])[first, second]).Sum(file => Report("read", Compare(file.First, file.Second)));
        ZipClassifier[] classifiers = [.. files.Select((file, i) => ZipClassifier.FromNetwork($"{(char)('a' + i)}", file.Network, Label(file.Network, i)))];
        int layers = files[0].Network.Nodes.Count(node => node.Layer is Conv2d or Linear);
        foreach (ZipCut cut in (ZipCut[])[ZipCut.AfterLayers(layers / 2), ZipCut.AsFarAsPossible])
        {
            var clock = Stopwatch.StartNew();
            var options = new ZipEstimator.Options { Method = method, Cut = cut, CalibrationCheck = CalibrationCheck.Skip };
            ZipTransformer zipped = _context.Transforms.Zip(options, classifiers).Fit(Draw(files[0].Network, CalibrationImages));
            double share = zipped.Report!.Cost.MultiplyAdds / (double)zipped.Report.EnsembleCost.MultiplyAdds;
            string what = $"zipped {cut} ({method}), {share:P0} of the multiply-adds, {clock.Elapsed.TotalSeconds:F0} s";
            faults += Report(what, Compare(zipped));
        }

        return faults;
    }

    private int Report(string what, double difference)
    {
        bool isRight = difference <= Tolerance;
        Console.WriteLine($"{name,-20} {(isRight ? "ok" : "FAULT"),-6} {difference:E1}  {what}");
        return isRight ? 0 : 1;
    }

    /// <summary>What a file computes here and in ONNX Runtime.</summary>
    private static double Compare(OnnxNetwork file, string path)
    {
        using var session = new InferenceSession(path);
        Network network = file.Network;
        int[] shape = network.ShapeOf(network.Inputs[0]).ToArray();
        double difference = 0;
        using INetworkSession own = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = 1 });
        foreach (float[] pixels in Draw(shape, TestImages))
        {
            using OrtValue input = OrtValue.CreateTensorValueFromMemory(pixels, [1, .. shape.Select(extent => (long)extent)]);
            using var options = new RunOptions();
            own.Run(pixels, 1);
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, session.InputNames, [input], session.OutputNames);
            difference = Math.Max(difference, Differ(outputs[0].GetTensorDataAsSpan<float>(), own.GetOutput(0)));
        }

        return difference;
    }

    /// <summary>What a zip computes by <c>Transform</c> and, written as an ONNX file, by <c>ApplyOnnxModel</c>.</summary>
    private double Compare(ZipTransformer zipped)
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");
        try
        {
            zipped.ToOnnx(path);
            IDataView data = Draw(zipped.Network, TestImages);
            string[] columns = ["Score", "a.Score", "b.Score"];
            IDataView scored = zipped.Transform(data), applied = _context.Transforms.ApplyOnnxModel(columns, ["Pixels"], path).Fit(data).Transform(data);
            if (!ToBytes(OnnxNetwork.Load(path).Network).SequenceEqual(ToBytes(zipped.Network)))
                throw new InvalidOperationException("The network that was read again is another one.");

            // Logarithms of probabilities are what the network gives, but for a constant.
            return columns.Max(column => scored.GetColumn<float[]>(column).Zip(applied.GetColumn<float[]>(column))
                .Max(row => Differ(Array.ConvertAll(row.First, TakeLogarithm), Array.ConvertAll(row.Second, TakeLogarithm))));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Largest difference, as a part of the largest value.</summary>
    private static double Differ(ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
    {
        double largest = 0, difference = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i]));
            difference = Math.Max(difference, Math.Abs(expected[i] - found[i]));
        }

        return expected.Length == found.Length ? difference / largest : double.PositiveInfinity;
    }

    private static float TakeLogarithm(float probability) => MathF.Log(Math.Max(probability, 1e-30f));

    private static byte[] ToBytes(Network network)
    {
        using var stream = new MemoryStream();
        NetworkFile.Save(network, stream);
        return stream.ToArray();
    }

    private static string[] Label(Network network, int member) =>
        [.. Enumerable.Range(0, network.ShapeOf(network.Heads[0].Node)[0]).Select(i => $"{(char)('a' + member)}{i}")];

    private IDataView Draw(Network network, int count)
    {
        int[] shape = network.ShapeOf(network.Inputs[0]).ToArray();
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Image));
        schema[nameof(Image.Pixels)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, shape);
        return _context.Data.LoadFromEnumerable(Draw(shape, count).Select(pixels => new Image { Pixels = pixels }), schema);
    }

    /// <summary>Smooth noise, normalized as images usually are.</summary>
    private static IEnumerable<float[]> Draw(int[] shape, int count)
    {
        for (int image = 0; image < count; image++)
        {
            var random = new Random(image);
            (int height, int width) = (shape[1], shape[2]);
            var pixels = new float[shape[0] * height * width];
            for (int wave = 0; wave < 12; wave++)
            {
                (double down, double right, double phase) = (9 * random.NextDouble() / height, 9 * random.NextDouble() / width, 6.3 * random.NextDouble());
                (int channel, double strength) = (random.Next(shape[0]), 0.4 + random.NextDouble());
                for (int i = 0; i < height * width; i++)
                    pixels[channel * height * width + i] += (float)(strength * Math.Sin(down * (i / width) + right * (i % width) + phase));
            }

            yield return pixels;
        }
    }

    private sealed class Image
    {
        public float[] Pixels { get; set; } = [];
    }
}
