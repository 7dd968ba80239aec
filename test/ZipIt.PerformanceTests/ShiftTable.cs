using System.Globalization;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.PerformanceTests;

/// <summary>
/// What <see cref="StatisticsShift"/> says about right and wrong images and networks, beside the accuracy:
/// <c>shift --model FILE --mean A,B,C --deviation A,B,C --images FILE [--classes 0,2,4,6,8] [--others FILE]</c>. Mean and deviation in units of 255; the model
/// is a ResNet with class scores.
/// </summary>
internal sealed class ShiftTable
{
    private readonly StateDictionary _weights;
    private readonly double[] _mean;
    private readonly double[] _deviation;
    private readonly CifarRecords _images;
    private readonly CifarRecords? _others;

    private ShiftTable(CommandLine line)
    {
        _weights = Checkpoint.Load(line.Get("model"));
        (_mean, _deviation) = (line.GetNumbers("mean"), line.GetNumbers("deviation"));
        CifarRecords all = CifarRecords.Load(line.Get("images"));
        int[] classes = line.Find("classes") is null
            ? [.. Enumerable.Range(0, 1 + all.Labels.Max())]
            : [.. line.GetNumbers("classes").Select(number => (int)number)];
        CifarRecords own = all.Pick(Enumerable.Range(0, all.Labels.Length).Where(i => classes.Contains(all.Labels[i])));
        _images = own with { Labels = [.. own.Labels.Select(label => Array.IndexOf(classes, label))] };
        _others = line.Find("others") is { } others ? CifarRecords.Load(others) : null;
    }

    public static int Run(string[] args)
    {
        new ShiftTable(new CommandLine(args)).Print();
        return 0;
    }

    private void Print()
    {
        Network right = Build(_mean, _deviation);
        CifarRecords some = _images.Spread(1000);
        Console.WriteLine("| images or network | shift | first | accuracy |");
        Console.WriteLine("|---|---|---|---|");
        Row("right, 1,000 images", right, some);
        foreach (int count in (int[])[500, 200, 100, 50, 20, 10])
            Row($"right, {count} images", right, some, _images.Spread(count));
        Row("right, one image 120 times", right, some, _images.Pick(Enumerable.Repeat(3, 120)));
        Row("right, sorted by class", right, some, _images.Pick(Enumerable.Range(0, _images.Labels.Length).OrderBy(i => _images.Labels[i])).Spread(1000));
        Row("right, of one class", right, some, _images.Pick(Enumerable.Range(0, _images.Labels.Length).Where(i => _images.Labels[i] == 0)));
        if (_others is not null)
        {
            Row("other images", right, some, _others.Spread(1000));
            Row("half other images", right, some, some.Spread(500).MixWith(_others.Spread(500), 0));
        }

        foreach (double contrast in (double[])[0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 1.2, 1.5, 2, 3, 5, 10])
            Row($"contrast × {contrast}", right, some.Change(value => (float)(128 + contrast * (value - 128))));
        foreach (int offset in (int[])[-100, -50, 50, 100])
            Row($"brightness {offset:+0;-0}", right, some.Change(value => value + offset));
        Row("divided by 255 only", Build([0, 0, 0], [1, 1, 1]), some);
        Row("means and deviations of 0.5", Build([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]), some);
        Row("ImageNet's means and deviations", Build([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]), some);
        Row("no normalization", Build([0, 0, 0], [1, 1, 1], 1), some);
        Row("statistics of 0–1 on pixels of 0–255", Build(_mean, _deviation, 1), some);
        Row("divided by 255 twice", right, some.Change(value => value / 255));
        Row("black", right, some.Change(_ => 0));
        var random = new Random(1);
        Row("noise", right, some.Change(_ => random.Next(256)));
        Row("red and blue exchanged", right, some with { Pixels = Exchange(some.Pixels) });
        foreach (float slope in (float[])[0.01f, 0.1f, 0.2f])
            Row($"LeakyReLU {slope}", Replace(right, new LeakyReLU(slope)), some);
        Row("SiLU", Replace(right, new SiLU()), some);
        Row("GELU", Replace(right, new GELU()), some);
        Row("ReLU6", Replace(right, new Clip(0, 6)), some);
        Row("max pooling 3×3, stride 1, behind the stem", Insert(right, new MaxPool2d(3, 1, 1)), some);
        Row("max pooling 3×3, stride 2, behind the stem", Insert(right, new MaxPool2d(3, 2, 1)), some);
        Row("epsilon 0.001", Replace(right, 1e-3f), some);
    }

    private Network Build(double[] mean, double[] deviation, double range = 255) =>
        ResNet.FromCheckpoint(_weights, normalization: ChannelAffine.FromNormalization(mean, deviation, range));

    private static Network Replace(Network network, Layer activation) => network.Replace(node => node.Layer is ReLU ? activation : node.Layer);

    private static Network Replace(Network network, float epsilon) =>
        network.Replace(node => node.Layer is BatchNorm2d norm ? new BatchNorm2d(norm.Weight, norm.Bias, norm.Mean, norm.Variance, epsilon) : node.Layer);

    private static Network Insert(Network network, Layer behindStem)
    {
        var rewriter = new NetworkRewriter(network);
        rewriter.InsertBehind(network["relu"], "pool", behindStem);
        return rewriter.ToNetwork();
    }

    private static Tensor Exchange(Tensor pixels)
    {
        const int Plane = 32 * 32;
        Tensor exchanged = pixels.Clone();
        for (int i = 0; i < pixels[0]; i++)
        {
            pixels.Span.Slice(3 * i * Plane, Plane).CopyTo(exchanged.Span[((3 * i + 2) * Plane)..]);
            pixels.Span.Slice((3 * i + 2) * Plane, Plane).CopyTo(exchanged.Span[(3 * i * Plane)..]);
        }

        return exchanged;
    }

    private static void Row(string what, Network network, CifarRecords test, CifarRecords? measured = null)
    {
        StatisticsShift shift = StatisticsShift.Measure(network, (measured ?? test).ToImages())!;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {what} | {shift.Median:F2} | {shift.First:+0.00;-0.00} | {100 * Accuracy(network, test):F1} |"));
    }

    private static double Accuracy(Network network, CifarRecords test)
    {
        const int Batch = 100;
        int right = 0;
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = Batch });
        foreach (ImageBatch batch in test.ToImages().ReadBatches(Batch))
        {
            session.Run(batch.Pixels.Span, batch.Count);
            ReadOnlySpan<float> scores = session.GetOutput(0);
            int classes = scores.Length / batch.Count;
            for (int i = 0; i < batch.Count; i++)
                right += scores.Slice(i * classes, classes).ToArray().Index().MaxBy(entry => entry.Item).Index == batch.Labels.Span[i] ? 1 : 0;
        }

        return (double)right / test.Labels.Length;
    }
}
