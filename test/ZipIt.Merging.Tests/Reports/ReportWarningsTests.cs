using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests.Reports;

/// <summary>Whether the limits of the warnings tell a good merge from one gone wrong, on networks with weights from training and without.</summary>
public sealed class ReportWarningsTests
{
    private static readonly IFeatureMatcher[] Matchers =
        [new ZipMatcher(), new ZipMatcher { Alpha = 0.1, Beta = 0.8 }, new PermutationMatcher(), new SelectionMatcher()];

    private static readonly InMemoryImages Right = Reference.MixedImages(10);

    [Fact]
    public void Warnings_TrainedPairAndItsImages_AreNone()
    {
        Assert.All(Zip(Reference.PrototypeMembers, Right), report => Assert.Empty(report.Warnings));
        Assert.All(Zip(Reference.ClassScoreMembers, Right), report => Assert.Empty(report.Warnings));
    }

    [Fact]
    public void Warnings_RandomWeights_HaveLittleInCommon()
    {
        Network[] networks = [.. new[] { 1, 2 }.Select(seed => BatchNormReset.Apply(ResNet.Random(seed, ResNetLayout.Cifar(20), 32), Right, new CpuEngine()))];

        Assert.All(
            Zip([new("A", networks[0]), new("B", networks[1])], Right),
            report => Assert.Contains(report.Warnings, warning => warning.Contains("'B' and the merged features have little in common")));
    }

    [Theory]
    [InlineData("black")]
    [InlineData("divided by 255 again")]
    public void Warnings_PixelsWithoutContent_DoNotVary(string kind)
    {
        Tensor pixels = TestFiles.LoadCalibrationImages().Pixels.Slice(0, 100).Clone();
        foreach (ref float value in pixels.Span)
            value = kind == "black" ? 0 : value / 255;

        Assert.All(Zip(Reference.PrototypeMembers, new InMemoryImages(TestFiles.Normalize(pixels))), report =>
        {
            Assert.Contains(report.Warnings, warning => warning.Contains("do not vary on the calibration images"));
            Assert.Equal(kind == "black", report.Warnings.Any(warning => warning.Contains("Only 1 of the 100 calibration images differ")));
        });
    }

    private static IEnumerable<ZipReport> Zip(IReadOnlyList<ZipMember> members, InMemoryImages images) => Matchers.Select(matcher =>
        new Zipper(members, ZipOptions.For(ZipMethod.Paper) with { Matcher = matcher, ResetBatchNorm = false, Threads = 1,
            CalibrationCheck = CalibrationCheck.Warn })
            .Zip(images).Report);
}
