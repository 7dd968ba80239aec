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

    [Theory]
    [InlineData("residual", true, false)]
    [InlineData("residual", false, false)]
    [InlineData("bottleneck", true, true)]
    [InlineData("bottleneck", false, true)]
    public void CopyTo_MembersSampledBefore_GivesWhatRunningThemGives(string kind, bool isInFile, bool isRounded)
    {
        long wholeBytes = isRounded ? 0 : long.MaxValue;
        using Sampled run = new(kind, wholeBytes), taken = new(kind, wholeBytes, isInFile ? 0 : long.MaxValue);

        foreach ((RefitUnit expected, RefitUnit actual) in run.Plan.Units.Zip(taken.Plan.Units))
        {
            taken.Targets.Sample(actual);
            Assert.Equal(run.Read(expected), taken.Read(actual));
            if (run.Plan.MapImagesOf(expected) is not null)
                Assert.Equal(run.ReadMaps(expected), taken.ReadMaps(actual));
        }
    }

    [Fact]
    public void IsKept_NoRoomInMemoryNorFile_IsFalse()
    {
        using Sampled inFile = new("residual", 0, 0), nowhere = new("residual", 0, 0, "no such folder");

        Assert.True(inFile.Samples!.IsKept);
        Assert.False(nowhere.Samples!.IsKept);
    }

    /// <summary>
    /// Each member's part is rounded, and the sum when it is added: to half of a unit in the eighth binary digit of what is there then.
    /// </summary>
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

        /// <param name="kind">Of the members.</param>
        /// <param name="wholeBytes">Memory of all targets up to which they are not rounded.</param>
        /// <param name="samplesInMemory">Memory of samples up to which they are kept there; null if members run for the targets.</param>
        /// <param name="folder">Where other samples are kept.</param>
        public Sampled(string kind, long wholeBytes, long? samplesInMemory = null, string? folder = null)
        {
            ZipMember[] members = [new("A", SmallNetworks.Draw(kind, 1)), new("B", SmallNetworks.Draw(kind, 2))];
            ZipOptions options = ZipOptions.For(ZipMethod.Best);
            var zipper = new Zipper(members, options);
            MergedNetwork merged = zipper.MergeWithOrigins(zipper.Match(zipper.CollectStatistics(SmallNetworks.Images)));
            _images = LeastSquaresRefit.ReadImages(merged.Network, SmallNetworks.Images, options, options.Refit!);
            Plan = new RefitPlan(merged, options.Refit!, _images.Count, null, wholeBytes);
            if (samplesInMemory is { } limit)
            {
                Samples = new MemberSamples(Plan, zipper.Members, _images, _pool, limit, folder);
                if (Samples.IsKept)
                    Run(Samples, zipper.Members);
            }

            Targets = new MemberTargets(
                new RefitContext(options, options.Refit!, _images, _pool, CancellationToken.None), Plan, zipper.Members, [], Samples);
            Targets.Sample(Plan.Units[0]);
        }

        public MemberSamples? Samples { get; }

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

        public void Dispose()
        {
            Samples?.Dispose();
            _pool.Dispose();
        }

        private static void Run(MemberSamples samples, IReadOnlyList<ZipMember> members)
        {
            for (int m = 0; m < members.Count; m++)
            {
                Node[] nodes = [.. samples.NodesOf(m)];
                using INetworkSession session = new CpuEngine().CreateSession(
                    members[m].Network, new SessionOptions { MaximumBatchSize = 7, Taps = [.. nodes.Select(node => node.Name)] });
                long first = 0;
                foreach (ImageBatch batch in SmallNetworks.Images.ReadBatches(7))
                {
                    session.Run(batch.Pixels.Span, batch.Count);
                    for (int i = 0; i < nodes.Length; i++)
                        samples.Add(m, nodes[i], session.GetTap(i), first, batch.Count, 2);
                    first += batch.Count;
                }
            }
        }
    }
}
