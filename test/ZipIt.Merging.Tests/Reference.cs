using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

/// <summary>
/// The two classifiers of the quickstart, the 1,000 calibration images, and what the method's reference implementation makes of them.
/// </summary>
internal static class Reference
{
    private static readonly Lazy<StateDictionary> LazyNetworks = new(() => TestFiles.LoadReference("networks"));
    private static readonly Lazy<StateDictionary> LazyPartial = new(() => TestFiles.LoadReference("partial"));
    private static readonly Lazy<StateDictionary> LazyMatching = new(() => TestFiles.LoadReference("matching"));
    private static readonly Lazy<Tensor> LazyCalibration = new(() => TestFiles.Normalize(TestFiles.LoadCalibrationImages().Pixels));

    /// <summary>Number of each feature space in the reference files, in the order in which they are found.</summary>
    public static readonly int[] SpaceNumbers = [5, 11, 17, 21, 26, 32, 38, 42, 47, 53, 59, 63];

    public static StateDictionary Networks => LazyNetworks.Value;

    public static StateDictionary Partial => LazyPartial.Value;

    public static StateDictionary Matching => LazyMatching.Value;

    public static IReadOnlyList<ZipMember> PrototypeMembers { get; } =
        [new("A", TestFiles.LoadPrototypeNetwork('a')), new("B", TestFiles.LoadPrototypeNetwork('b'))];

    public static IReadOnlyList<ZipMember> ClassScoreMembers { get; } = [new("A", TestFiles.LoadClassNetwork('a')), new("B", TestFiles.LoadClassNetwork('b'))];

    /// <summary>Normalized calibration images, class by class as in the reference: every batch of 100 holds one class.</summary>
    public static InMemoryImages SortedCalibration => new(LazyCalibration.Value);

    /// <summary>The same images interleaved: image k·10 + c is image k of class c.</summary>
    public static InMemoryImages MixedCalibration
    {
        get
        {
            Tensor sorted = LazyCalibration.Value;
            var mixed = new Tensor(sorted.Shape);
            int length = sorted.Length / sorted[0];
            for (int i = 0; i < sorted[0]; i++)
                sorted.Span.Slice((i % 10 * 100 + i / 10) * length, length).CopyTo(mixed.Span.Slice(i * length, length));
            return new InMemoryImages(mixed);
        }
    }

    /// <summary>The tasks of the prototype classifiers: A has the even classes of CIFAR-10, B the odd ones.</summary>
    public static IReadOnlyList<ClassificationTask> PrototypeTasks { get; } = [PrototypeTask("A", 0), PrototypeTask("B", 1)];

    /// <summary>The tasks of the class-score classifiers under names of their own, C and D.</summary>
    public static IReadOnlyList<ClassificationTask> ClassScoreTasks { get; } = [ClassScoreTask("C", 0), ClassScoreTask("D", 1)];

    /// <summary>The first images of each class, interleaved; labels count the classes of task A, then those of B.</summary>
    public static InMemoryImages MixedImages(int perClass)
    {
        Tensor sorted = LazyCalibration.Value;
        var mixed = new Tensor([10 * perClass, .. sorted.Shape[1..]]);
        int length = sorted.Length / sorted[0];
        for (int i = 0; i < mixed[0]; i++)
            sorted.Span.Slice((i % 10 * 100 + i / 10) * length, length).CopyTo(mixed.Span.Slice(i * length, length));
        return new InMemoryImages(mixed, [.. Enumerable.Range(0, mixed[0]).Select(i => i % 10 % 2 * 5 + i % 10 / 2)]);
    }

    private static ClassificationTask PrototypeTask(string name, int parity)
    {
        Tensor all = TestFiles.LoadPrototypes();
        var own = new Tensor(5, all[1]);
        for (int c = 0; c < 5; c++)
            all.Span.Slice((2 * c + parity) * all[1], all[1]).CopyTo(own.Span.Slice(c * all[1], all[1]));
        return ClassificationTask.FromPrototypes(name, LabelsOf(name, parity), own, 30);
    }

    private static ClassificationTask ClassScoreTask(string name, int parity) => ClassificationTask.FromScores(name, LabelsOf(name, parity));

    private static string[] LabelsOf(string name, int parity) => [.. Enumerable.Range(0, 5).Select(c => $"{name} {2 * c + parity}")];

    /// <summary>Outputs [64, length] of a network for the reference's 64 test images.</summary>
    public static float[] Run(Network network, int head = 0)
    {
        Tensor images = Networks["x64m"];
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = images[0], Threads = 1 });
        session.Run(images.Span, images[0]);
        return session.GetOutput(head).ToArray();
    }
}
