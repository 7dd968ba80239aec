using ZipIt.Networks;
using ZipIt.Numerics;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

public sealed class MemberTargetsTests
{
    [Theory]
    [InlineData("residual")]
    [InlineData("bottleneck")]
    public void CopyTo_VeryManyTargets_GivesThemRounded(string kind)
    {
        using Sampled whole = new(kind, long.MaxValue), rounded = new(kind, 0);

        Assert.Contains(whole.Plan.Units, unit => whole.Plan.MapImagesOf(unit) is not null);
        Assert.True(rounded.Targets.KeptBytes < whole.Targets.KeptBytes * 0.6);
        foreach ((RefitUnit expectedUnit, RefitUnit unit) in whole.Plan.Units.Zip(rounded.Plan.Units))
        {
            bool isOutput = whole.Plan.LayoutOf(expectedUnit).Area == 1;
            AssertRounded(isOutput, whole.Read(expectedUnit), rounded.Read(unit));
            if (whole.Plan.MapImagesOf(expectedUnit) is not null)
                AssertRounded(isOutput, whole.ReadMaps(expectedUnit), rounded.ReadMaps(unit));
        }
    }

    /// <summary>Each member's part is rounded when it is added: to half of a unit in the eighth binary digit of what is there then.</summary>
    private static void AssertRounded(bool isWhole, float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.Contains(expected, value => value != 0);
        double largest = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, isWhole ? 0 : largest / 100));
        Assert.Equal(isWhole, expected.SequenceEqual(actual));
    }

    /// <summary>Two members whose targets have been sampled.</summary>
    private sealed class Sampled : IDisposable
    {
        private readonly BufferPool _pool = new();
        private readonly CalibrationImages _images;

        public Sampled(string kind, long wholeBytes)
        {
            ZipMember[] members = [new("A", SmallNetworks.Draw(kind, 1)), new("B", SmallNetworks.Draw(kind, 2))];
            ZipOptions options = ZipOptions.For(ZipMethod.Best);
            var zipper = new Zipper(members, options);
            MergedNetwork merged = zipper.MergeWithOrigins(zipper.Match(zipper.CollectStatistics(SmallNetworks.Images)));
            _images = LeastSquaresRefit.ReadImages(merged.Network, SmallNetworks.Images, options, options.Refit!);
            Plan = new RefitPlan(merged, options.Refit!, _images.Count);
            Targets = new MemberTargets(
                new RefitContext(options, options.Refit!, _images, _pool, CancellationToken.None), Plan, zipper.Members, [], null, wholeBytes);
            Targets.Sample(Plan.Units[0]);
        }

        public RefitPlan Plan { get; }

        public MemberTargets Targets { get; }

        public float[] Read(RefitUnit unit)
        {
            SampleLayout layout = Plan.LayoutOf(unit);
            var values = new float[_images.CountOf(false, layout.Every) * layout.PerImage * layout.Channels];
            Targets.CopyTo(unit, false, 0, values);
            return values;
        }

        public float[] ReadMaps(RefitUnit unit)
        {
            AlignedBuffer maps = Targets.TakeMaps(unit);
            float[] values = maps.Span.ToArray();
            _pool.Return(maps);
            return values;
        }

        public void Dispose() => _pool.Dispose();
    }
}
