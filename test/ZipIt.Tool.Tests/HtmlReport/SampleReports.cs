using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Numerics;
using ZipIt.TestFramework;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Tests.HtmlReport;

/// <summary>Reports and small zips that tests look at.</summary>
internal static class SampleReports
{
    /// <summary>A name that is markup, breaks out of attributes, and holds characters that no document may hold.</summary>
    public const string Hostile = "</style></title><script>alert(1)</script><img src=x onerror=\"alert(2)\">'&amp;]]>\0\u0007\uD800\u202E --> “ünï”";

    private const int Size = 16;

    /// <summary>Zips random CIFAR ResNets of 8 layers.</summary>
    /// <param name="cut">How far.</param>
    /// <param name="start">Where the zip begins.</param>
    /// <param name="names">Names of the members; one network for each.</param>
    public static ZipResult Zip(ZipCut cut, ZipCut? start = null, params string[] names) =>
        Zip([.. names.Select((name, m) => new ZipMember(name, CreateNetwork(m + 1)))], cut, start);

    /// <summary>Zips networks.</summary>
    public static ZipResult Zip(IReadOnlyList<ZipMember> members, ZipCut cut, ZipCut? start = null)
    {
        ReadOnlySpan<int> shape = members[0].Network.ShapeOf(members[0].Network.Inputs[0]);
        Tensor pixels = new NetworkGenerator(7).DrawTensor(1, 8, shape[0], shape[1], shape[2]);
        ZipOptions options = ZipOptions.For(ZipMethod.Paper) with { Cut = cut, Start = start ?? ZipCut.Nothing, CalibrationCheck = CalibrationCheck.Skip };
        return new Zipper(members, options).Zip(new InMemoryImages(pixels));
    }

    /// <summary>A CIFAR ResNet of 8 layers: a stem, three blocks of two in as many stages, a head.</summary>
    public static Network CreateNetwork(int seed, int outputs = 4) =>
        ResNet.Random(seed, new ResNetLayout { BlockCounts = [1, 1, 1], StemChannels = 4, Outputs = outputs }, new Size2(Size, Size));

    /// <summary>How well a model does that names every class right in four of five images.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="labels">Its classes; those of the first task first.</param>
    /// <param name="tasks">Number of tasks, of about as many classes.</param>
    public static ModelEvaluation CreateEvaluation(string name, IReadOnlyList<string> labels, int tasks = 2)
    {
        int count = labels.Count;
        var confusion = new Matrix(count, count);
        for (int row = 0; row < count; row++)
        {
            confusion[row, row] = 40;
            confusion[row, (row + 1) % count] += 7;
            confusion[row, (row * 3 + 2) % count] += 3;
        }

        int[] ends = [.. Enumerable.Range(0, tasks + 1).Select(t => t * count / tasks)];
        TaskAccuracy[] accuracies = [.. Enumerable.Range(0, tasks).Select(t => new TaskAccuracy($"task {t + 1}", [.. labels.Take(ends[t + 1]).Skip(ends[t])], 50, 0.9))];
        return new ModelEvaluation(name, new NetworkCost(57_458_688, 907_232), 50 * count, 0.8, accuracies, labels, confusion);
    }

    /// <summary>Two methods, and all that they are compared with.</summary>
    public static CurveSection CreateCurve(string best = "select and refit") => new(42_942_464,
    [
        new CurveSeries(best, CurveKind.Method,
        [
            new CurvePoint("20/20", 43_106_304, 0.772, 0.877), new CurvePoint("13/20", 57_458_688, 0.815, 0.899),
            new CurvePoint("7/20", 71_597_440, 0.827, 0.905),
        ]),
        new CurveSeries("ZipIt!", CurveKind.Method,
            [new CurvePoint("ZipIt! 20/20", 42_942_464, 0.528, 0.738), new CurvePoint("ZipIt! 7/20", 71_300_000, 0.705, 0.859)]),
        new CurveSeries("weight averaging", CurveKind.Baseline, [new CurvePoint("20/20", 42_942_464, 0.215, 0.36)]),
        new CurveSeries("A", CurveKind.Member, [new CurvePoint("A alone", 42_942_464, 0.457, double.NaN)]),
        new CurveSeries("ensemble", CurveKind.Ensemble, [new CurvePoint("", 85_884_928, 0.814, 0.909)]),
    ])
    { Images = "10,000 test images" };

    /// <summary>A report with all that a report can have.</summary>
    /// <param name="text">What every name in it holds.</param>
    /// <param name="classes">Number of classes.</param>
    public static ReportDocument CreateFull(string text = "", int classes = 10)
    {
        string[] names = [$"animals{text}", "vehicles"];
        ZipResult zip = Zip(ZipCut.AfterLayers(5), null, names);
        string[] labels = [.. Enumerable.Range(0, classes).Select(c => $"class {c}{text}")];
        ZipReport report = zip.Report with
        {
            Times = new Dictionary<ZipStage, TimeSpan> { [ZipStage.Matching] = TimeSpan.FromMilliseconds(12), [ZipStage.Statistics] = TimeSpan.FromMinutes(3) },
            Layers = [new LayerReport($"conv1{text}", 27, 1000, 1e-3, 0.3, 0.1), new LayerReport($"{names[0]}/linear", 64, 1000, 1e-3, 0.5, 0.2)],
            Tasks = [new TaskReport(names[0], 4, 0.9, 0.05), new TaskReport(names[1], 4, 0.95, 0.02)],
            Loss = 0.03,
            ComparedImages = 8,
            Cuts = [new CutReport($"after layer{text}", 1000, 0.2)],
        };
        var pixels = new float[3 * 8 * 8];
        Array.Fill(pixels, 200);
        return new ReportDocument($"Merge of two{text}")
        {
            Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Command = $"zipit merge a.pt b.pt --labels '{text}'",
            Recipe = $"models:\n  - a.pt {text}\n",
            Inputs = [new ReportFact($"input{text}", $"a.pt{text}")],
            Versions = [new ReportFact("zipit", "0.1.0")],
            Times = [new ReportTime($"evaluation{text}", TimeSpan.FromSeconds(2.5))],
            Merge = new MergeSection(zip.Network, report) { Classes = zip.Network.Heads.ToDictionary(head => head.Name, _ => 5) },
            Evaluation = new EvaluationSection([CreateEvaluation($"zipped{text}", labels), CreateEvaluation("side by side", labels)])
            {
                Images = $"images{text}",
            },
            Curve = CreateCurve($"best{text}"),
            Examples = new ExamplesSection(
            [
                ExampleImage.FromPixels($"a.png{text}", pixels, 3, 8, 8, labels[0],
                    [new ExampleVerdict($"zipped{text}", labels[0], 0.9), new ExampleVerdict("side by side", labels[1], double.NaN)]),
                ExampleImage.FromPixels($"b.png{text}", pixels, 3, 8, 8, null, [new ExampleVerdict("zipped", labels[0], 0.9)]),
            ]),
        };
    }

    /// <summary>A report as text.</summary>
    public static string Write(ReportDocument document)
    {
        var writer = new StringWriter();
        ReportWriter.Write(document, writer);
        return writer.ToString();
    }
}
