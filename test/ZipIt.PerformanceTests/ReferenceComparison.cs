using System.Globalization;
using System.Text.Json;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.PerformanceTests;

/// <summary>
/// Holds accuracies of every method and cut against those of the method's reference implementation, on the same checkpoints, calibration images and batches.
/// </summary>
internal sealed class ReferenceComparison
{
    private static readonly string[] Resets = ["noreset", "reset", "resetmix"];

    private readonly InMemoryImages _test;
    private readonly InMemoryImages _sorted;
    private readonly InMemoryImages _mixed;
    private readonly IReadOnlyList<ClassificationTask> _tasks;
    private readonly ZipMember[] _members = [new("A", TestFiles.LoadPrototypeNetwork('a')), new("B", TestFiles.LoadPrototypeNetwork('b'))];
    private readonly Dictionary<string, IReadOnlyList<SpaceStatistics>> _statistics = [];

    private ReferenceComparison(string test, string calibration)
    {
        CifarImages images = CifarImages.Load(test);
        _test = new InMemoryImages(TestFiles.Normalize(images.Pixels), [.. images.Labels.ToArray().Select(label => (int)label)]);
        Tensor sorted = TestFiles.Normalize(CifarImages.Load(calibration).Pixels);
        _sorted = new InMemoryImages(sorted);
        _mixed = new InMemoryImages(Interleave(sorted));
        Tensor prototypes = TestFiles.LoadPrototypes();
        _tasks = [TaskOf("A", 0, prototypes), TaskOf("B", 1, prototypes)];
    }

    /// <summary>Prints ours, the reference's and the difference for every row; 0 if all lie within the tolerance.</summary>
    /// <param name="args"><c>--test FILE --calibration FILE [--rows TEXT]</c>, files in CIFAR-10's binary layout.</param>
    public static int Run(string[] args)
    {
        string? test = Option(args, "--test"), calibration = Option(args, "--calibration");
        if (test is null || calibration is null)
        {
            Console.Error.WriteLine("reference --test FILE --calibration FILE [--rows TEXT], both files in CIFAR-10's binary layout; calibration images class by class.");
            return 2;
        }

        using JsonDocument reference = JsonDocument.Parse(File.ReadAllText(TestFiles.InTestData("reference-accuracies.json")));
        string wanted = Option(args, "--rows") ?? "";
        var comparison = new ReferenceComparison(test, calibration);
        double worst = 0;
        Console.WriteLine("| network | joint | reference | difference | A | reference | difference | B | reference | difference |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (JsonProperty row in reference.RootElement.EnumerateObject().Where(row => row.Name.Contains(wanted, StringComparison.Ordinal)))
        {
            double[] values = comparison.Evaluate(row.Name);
            double[] expected = [.. new[] { "joint", "A", "B" }.Select(name => row.Value.GetProperty(name).GetDouble())];
            double tolerance = row.Name.StartsWith("kmeans", StringComparison.Ordinal) ? 5 : 0.3;
            worst = Math.Max(worst, values.Zip(expected, (a, b) => Math.Abs(a - b)).Max() / tolerance);
            Console.WriteLine($"| {row.Name.Replace(" | ", ", ")} | " + string.Join(" | ", values.Zip(expected, (a, b) =>
                string.Create(CultureInfo.InvariantCulture, $"{a:F2} | {b:F2} | {a - b:+0.00;-0.00;0.00}"))) + " |");
        }

        Console.WriteLine(worst <= 1
            ? "All rows are within 0.3 points (K-means, which is seeded differently, within 5)."
            : "Some rows differ by more than 0.3 points (K-means: 5).");
        return worst <= 1 ? 0 : 1;
    }

    private double[] Evaluate(string row) => Score(Build(row));

    /// <summary>
    /// Accuracies in percent: joint, of A, of B. With a scale of 100 many images have a probability of exactly 1 in both tasks; the reference then takes the
    /// class with the lower number, which neither task comes first for.
    /// </summary>
    private double[] Score(Network network)
    {
        const int Batch = 100;
        var scorer = new TaskScorer(network, _tasks, JointScoring.Reference);
        var joint = new float[10];
        var perTask = new float[10];
        int right = 0;
        int[] rightOfTask = [0, 0], imagesOfTask = [0, 0];
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = Batch });
        foreach (ImageBatch batch in _test.ReadBatches(Batch))
        {
            session.Run(batch.Pixels.Span, batch.Count);
            for (int i = 0; i < batch.Count; i++)
            {
                int label = batch.Labels.Span[i], task = label % 2;
                scorer.Score(session, i, joint, perTask);
                imagesOfTask[task]++;
                if (Enumerable.Range(0, 10).MaxBy(c => joint[IndexOf(c)]) == label)
                    right++;
                if (Enumerable.Range(0, 5).Select(k => 2 * k + task).MaxBy(c => perTask[IndexOf(c)]) == label)
                    rightOfTask[task]++;
            }
        }

        return [100.0 * right / (imagesOfTask[0] + imagesOfTask[1]), 100.0 * rightOfTask[0] / imagesOfTask[0], 100.0 * rightOfTask[1] / imagesOfTask[1]];

        static int IndexOf(int label) => label % 2 * 5 + label / 2;
    }

    private Network Build(string row)
    {
        string[] parts = row.Split(" | ");
        int at = row.IndexOf("basereset-", StringComparison.Ordinal);
        InMemoryImages? baseReset = at < 0 ? null : row[at..].StartsWith("basereset-mix", StringComparison.Ordinal) ? _mixed : _sorted;
        ZipMember[] members = baseReset is null
            ? _members
            : [.. _members.Select(member => new ZipMember(member.Name, BatchNormReset.Apply(member.Network, baseReset, new CpuEngine())))];
        return parts[0].Split(' ')[0] switch
        {
            "A" => WithBothOutputs(members[0].Network),
            "B" => WithBothOutputs(members[1].Network),
            "ensemble" => new Zipper(members, new ZipOptions { Cut = ZipCut.Nothing }).Merge([]),
            _ => Zip(parts[0], members, baseReset is null ? parts[1] : baseReset == _mixed ? "resetmix" : "reset", baseReset),
        };
    }

    private Network Zip(string method, ZipMember[] members, string reset, InMemoryImages? baseReset)
    {
        string[] words = method.Split(' ');
        double Number(string name) => double.Parse(words.Single(word => word.StartsWith(name, StringComparison.Ordinal)).AsSpan(2),
            CultureInfo.InvariantCulture);
        IFeatureMatcher matcher = words[0] switch
        {
            "wavg" => new IdentityMatcher { Compatibility = true },
            "permute" => new PermutationMatcher { Compatibility = true },
            "optimal" => new OptimalMatcher { Compatibility = true },
            "kmeans" => new KMeansMatcher { Compatibility = true },
            "zipit" => new ZipMatcher { Alpha = Number("a="), Beta = Number("b="), Compatibility = true },
            _ => throw new InvalidDataException($"The reference results name an unknown method '{method}'."),
        };
        ZipCut cut = words.Contains("13/20") ? ZipCut.AfterLayers(13) : words.Contains("7/20") ? ZipCut.AfterLayers(7) : ZipCut.Everything;
        var zipper = new Zipper(members, ZipOptions.For(ZipMethod.Paper) with { Cut = cut, Matcher = matcher, Shuffle = false });

        // One pass of statistics per set of members, of the deepest cut, serves all methods and cuts.
        string key = baseReset is null ? "" : baseReset == _mixed ? "mix" : "sorted";
        if (!_statistics.TryGetValue(key, out IReadOnlyList<SpaceStatistics>? statistics))
            _statistics[key] = statistics = new Zipper(members, new ZipOptions { Cut = ZipCut.Everything }).CollectStatistics(baseReset ?? _sorted);
        Network merged = zipper.Merge(zipper.Match(statistics));
        return Array.IndexOf(Resets, reset) switch
        {
            0 => merged,
            1 => zipper.ResetBatchNorm(merged, _sorted),
            2 => zipper.ResetBatchNorm(merged, _mixed),
            _ => throw new InvalidDataException($"The reference results name an unknown reset '{reset}'."),
        };
    }

    /// <summary>One network that answers for both tasks.</summary>
    private static Network WithBothOutputs(Network network) => new(new Head("A", network.Heads[0].Node), new Head("B", network.Heads[0].Node));

    private static ClassificationTask TaskOf(string name, int parity, Tensor prototypes)
    {
        int length = prototypes[1];
        var own = new Tensor(5, length);
        for (int c = 0; c < 5; c++)
            prototypes.Span.Slice((2 * c + parity) * length, length).CopyTo(own.Span.Slice(c * length, length));
        return ClassificationTask.FromPrototypes(name, [.. Enumerable.Range(0, 5).Select(c => $"class {2 * c + parity}")], own, 30);
    }

    private static Tensor Interleave(Tensor sorted)
    {
        var mixed = new Tensor(sorted.Shape);
        int count = sorted[0], length = sorted.Length / count, perClass = count / 10;
        for (int i = 0; i < count; i++)
            sorted.Span.Slice((i % 10 * perClass + i / 10) * length, length).CopyTo(mixed.Span.Slice(i * length, length));
        return mixed;
    }

    private static string? Option(string[] args, string name)
    {
        int index = Array.IndexOf(args, name);
        return index >= 0 && index + 1 < args.Length ? args[index + 1] : null;
    }
}
