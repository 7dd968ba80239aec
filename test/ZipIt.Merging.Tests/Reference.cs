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

    public static IReadOnlyList<ZipMember> PrototypeMembers { get; } = [new("A", TestFiles.LoadPrototypeNetwork('a')), new("B", TestFiles.LoadPrototypeNetwork('b'))];

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

    /// <summary>Outputs [64, length] of a network for the reference's 64 test images.</summary>
    public static float[] Run(Network network, int head = 0)
    {
        Tensor images = Networks["x64m"];
        using INetworkSession session = new CpuEngine().CreateSession(network, new SessionOptions { MaximumBatchSize = images[0] });
        session.Run(images.Span, images[0]);
        return session.GetOutput(head).ToArray();
    }
}
