using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

/// <summary>The whole method against the figures of its reference implementation.</summary>
public sealed class ZipperReferenceTests
{
    private static readonly ZipMatcher ReferenceMatcher = new() { Alpha = 0.3, Beta = 0.125, Compatibility = true };

    private static readonly Lazy<IReadOnlyList<SpaceStatistics>> Statistics = new(() =>
        new Zipper(Reference.PrototypeMembers, ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.Everything, Threads = 1 })
            .CollectStatistics(Reference.SortedCalibration));

    [Theory]
    [InlineData(0, "outA64m")]
    [InlineData(1, "outB64m")]
    public void Run_UnmergedNetwork_GivesTheReferenceOutputs(int member, string key)
    {
        float[] outputs = Reference.Run(Reference.PrototypeMembers[member].Network);

        Assert.True(LargestDifference(outputs, Reference.Networks[key].Span) < 1e-3);
    }

    [Fact]
    public void MergedSpaces_ResNet20_AreTheReferenceNodes()
    {
        var zipper = new Zipper(Reference.PrototypeMembers, new ZipOptions { Cut = ZipCut.Everything });

        Assert.Equal(
            ["layer1.0.relu1", "layer1.1.relu1", "layer1.2.relu1", "layer1.2.relu2", "layer2.0.relu1", "layer2.1.relu1", "layer2.2.relu1", "layer2.2.relu2",
             "layer3.0.relu1", "layer3.1.relu1", "layer3.2.relu1", "layer3.2.relu2", "linear"],
            zipper.MergedSpaces.OrderBy(space => zipper.Members[0].Network.IndexOf(space.Name)).Select(space => space.Name));
    }

    [Fact]
    public void CollectStatistics_CalibrationImages_GivesTheReferenceCovariance()
    {
        foreach ((SpaceStatistics entry, int number) in InReferenceOrder(Statistics.Value))
        {
            Tensor expected = Reference.Matching[$"cov_{number}"];
            double difference = 0, norm = 0;
            for (int i = 0; i < expected.Length; i++)
            {
                difference += Math.Pow(expected.Span[i] - entry.Statistics.Covariance.Values[i], 2);
                norm += Math.Pow(expected.Span[i], 2);
            }

            Assert.True(Math.Sqrt(difference / norm) < 1e-4, $"space {number}: {Math.Sqrt(difference / norm)}");
        }
    }

    [Fact]
    public void Merge_FullZip_GivesTheReferenceWeightsAndOutputs()
    {
        var zipper = new Zipper(Reference.PrototypeMembers,
            ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.Everything, Matcher = ReferenceMatcher, Shuffle = false, Threads = 1 });
        Network merged = zipper.Merge(zipper.Match(Statistics.Value));

        AssertWeights(merged, name => Reference.Networks[$"sd/{name}"]);
        AssertOutputs(Reference.Run(merged), "out64m_noreset");
        AssertOutputs(Reference.Run(zipper.ResetBatchNorm(merged, Reference.SortedCalibration)), "out64m_reset");
        AssertOutputs(Reference.Run(zipper.ResetBatchNorm(merged, Reference.MixedCalibration)), "out64m_resetmix");
    }

    [Fact]
    public void Merge_PartialZip_GivesTheReferenceOutputsOfBothHeads()
    {
        var zipper = new Zipper(Reference.PrototypeMembers,
            ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.AfterLayers(13), Matcher = ReferenceMatcher, Shuffle = false, Threads = 1 });
        IReadOnlyList<SpaceStatistics> statistics = zipper.CollectStatistics(Reference.SortedCalibration);
        Network merged = zipper.Merge(zipper.Match(statistics));
        Network reset = zipper.ResetBatchNorm(merged, Reference.MixedCalibration);

        Assert.Equal(8, statistics.Count);
        AssertOutputs(Reference.Run(merged, 0), "zipit13/out64m_noreset_A");
        AssertOutputs(Reference.Run(merged, 1), "zipit13/out64m_noreset_B");
        AssertOutputs(Reference.Run(reset, 0), "zipit13/out64m_resetmix_A");
        AssertOutputs(Reference.Run(reset, 1), "zipit13/out64m_resetmix_B");
    }

    [Fact]
    public void Merge_Permutation_GivesTheReferenceOutputs()
    {
        var zipper = new Zipper(
            Reference.PrototypeMembers, ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.Everything,
            Matcher = new PermutationMatcher { Compatibility = true }, Shuffle = false, Threads = 1 });
        Network merged = zipper.Merge(zipper.Match(Statistics.Value));

        AssertOutputs(Reference.Run(merged), "permute20/out64m_noreset");
        AssertOutputs(Reference.Run(zipper.ResetBatchNorm(merged, Reference.MixedCalibration)), "permute20/out64m_resetmix");
    }

    [Fact]
    public void Merge_WeightAveraging_GivesTheReferenceOutputs()
    {
        var zipper = new Zipper(
            Reference.PrototypeMembers, ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.Everything, Matcher = new IdentityMatcher { Compatibility = true },
            Shuffle = false, Threads = 1 });
        Network merged = zipper.Merge(zipper.Match(Statistics.Value));

        AssertOutputs(Reference.Run(merged), "wavg20/out64m_noreset");
        AssertOutputs(Reference.Run(zipper.ResetBatchNorm(merged, Reference.MixedCalibration)), "wavg20/out64m_resetmix");
    }

    private static IEnumerable<(SpaceStatistics Entry, int Number)> InReferenceOrder(IReadOnlyList<SpaceStatistics> statistics)
    {
        Network network = Reference.PrototypeMembers[0].Network;
        return statistics.OrderBy(entry => network.IndexOf(entry.Space.Name)).Zip(Reference.SpaceNumbers);
    }

    private static void AssertWeights(Network merged, Func<string, Tensor> expected)
    {
        foreach (Node node in merged.Nodes)
        {
            switch (node.Layer)
            {
                case Conv2d conv:
                    AssertClose(node.Name + ".weight", conv.Weight);
                    break;
                case Linear linear:
                    AssertClose(node.Name + ".weight", linear.Weight);
                    AssertClose(node.Name + ".bias", linear.Bias!);
                    break;
                case BatchNorm2d norm:
                    AssertClose(node.Name + ".weight", norm.Weight);
                    AssertClose(node.Name + ".bias", norm.Bias);
                    AssertClose(node.Name + ".running_mean", norm.Mean);
                    AssertClose(node.Name + ".running_var", norm.Variance);
                    break;
            }
        }

        void AssertClose(string name, Tensor actual) =>
            Assert.True(LargestDifference(actual.Span, expected(name).Span) < 1e-4, $"{name} differs by {LargestDifference(actual.Span, expected(name).Span)}");
    }

    /// <summary>Outputs must agree within a hundredth of their range.</summary>
    private static void AssertOutputs(ReadOnlySpan<float> actual, string key)
    {
        Tensor expected = Reference.Networks[key];
        float smallest = float.PositiveInfinity, largest = float.NegativeInfinity;
        foreach (float value in expected.Span)
            (smallest, largest) = (Math.Min(smallest, value), Math.Max(largest, value));
        double difference = LargestDifference(actual, expected.Span);
        Assert.True(difference < 1e-2 * (largest - smallest), $"{key} differs by {difference} in a range of {largest - smallest}.");
    }

    private static double LargestDifference(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0;
        for (int i = 0; i < actual.Length; i++)
            largest = Math.Max(largest, Math.Abs(actual[i] - (double)expected[i]));
        return largest;
    }
}
