using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

public sealed class LeastSquaresRefitTests
{
    public static TheoryData<Activation> Activations =>
        [new ReLU(), new LeakyReLU(0.2f), new Clip(-1, 1.5f), new Tanh(), new GELU(), new HardSwish(), new ELU(0.5f)];

    [Theory]
    [MemberData(nameof(Activations))]
    public void Zip_NetworkWithItself_StaysTheNetwork(Activation activation)
    {
        Network network = RefitNetworks.Create(1, activation);
        Network merged = Zip([new("A", network), new("B", network)],
            ZipOptions.For(ZipMethod.Paper) with { Refit = new RefitOptions(), CalibrationCheck = CalibrationCheck.Skip }, 60).Network;
        InMemoryImages images = RefitNetworks.Images(20, 9);
        float[] expected = RefitNetworks.Run(network, images);

        Assert.True(RefitNetworks.Distance(RefitNetworks.Run(merged, images), [.. expected, .. expected]) < 1e-3);
    }

    [Fact]
    public void Zip_ResNetWithItself_StaysTheNetwork()
    {
        // Greedy matching does not pair features that are dead on the calibration images; selection passes them over.
        Network network = TestFiles.LoadPrototypeNetwork('a');
        ZipOptions options = ZipOptions.For(ZipMethod.Best) with { Refit = new RefitOptions { MaximumImages = 200 } };
        Network merged = new Zipper([new("A", network), new("B", network)], options).Zip(Reference.SortedCalibration).Network;

        float[] expected = Reference.Run(network), actual = Reference.Run(merged, 1);
        Assert.True(RefitNetworks.Distance(expected, actual) < 1e-3, $"{RefitNetworks.Distance(expected, actual)}");
    }

    [Fact]
    public void Zip_AllFeaturesKept_StaysExact()
    {
        ZipMember[] members = Members();
        string[] spaces = [.. new Zipper(members).MergedSpaces.Select(space => space.Name)];
        var widths = spaces.ToDictionary(name => name, name => 2 * members[0].Network.ShapeOf(members[0].Network[name])[0]);
        var options = ZipOptions.For(ZipMethod.Paper) with { Matcher = new SelectionMatcher(), Widths = widths, Refit = new RefitOptions() };
        InMemoryImages images = RefitNetworks.Images(20, 9);

        float[] expected = [.. RefitNetworks.Run(members[0].Network, images), .. RefitNetworks.Run(members[1].Network, images)];
        Assert.True(RefitNetworks.Distance(RefitNetworks.Run(Zip(members, options, 200).Network, images), expected) < 1e-3);
    }

    [Fact]
    public void Zip_AfterAnyMatcher_IsCloserToTheMembersThanAReset()
    {
        ZipMember[] members = Members();
        InMemoryImages images = RefitNetworks.Images(50, 9);
        float[] expected = [.. RefitNetworks.Run(members[0].Network, images), .. RefitNetworks.Run(members[1].Network, images)];
        foreach (IFeatureMatcher matcher in (IFeatureMatcher[])[new ZipMatcher(), new PermutationMatcher(), new IdentityMatcher(), new SelectionMatcher()])
        {
            double reset = RefitNetworks.Distance(RefitNetworks.Run(Zip(members, ZipOptions.For(ZipMethod.Paper) with { Matcher = matcher }, 300).Network,
                images), expected);
            double refit = RefitNetworks.Distance(RefitNetworks.Run(Zip(members,
                ZipOptions.For(ZipMethod.Paper) with { Matcher = matcher, Refit = new RefitOptions() }, 300).Network, images), expected);
            Assert.True(refit < reset, $"{matcher.Name}: {refit} against {reset}");
        }
    }

    [Theory]
    [InlineData("stem.act")]
    [InlineData("depthwise.act")]
    [InlineData("sum.act")]
    public void Zip_PartialCut_IsCloserThanAReset(string node)
    {
        ZipMember[] members = Members();
        InMemoryImages images = RefitNetworks.Images(50, 9);
        float[] expected = [.. RefitNetworks.Run(members[0].Network, images), .. RefitNetworks.Run(members[1].Network, images)];
        var options = ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.AfterNode(node) };
        double reset = RefitNetworks.Distance(RefitNetworks.Run(Zip(members, options, 300).Network, images), expected);
        double refit = RefitNetworks.Distance(RefitNetworks.Run(Zip(members, options with { Refit = new RefitOptions() }, 300).Network, images), expected);

        Assert.True(refit < reset, $"{refit} against {reset}");
    }

    [Fact]
    public void Zip_ThreeMembersAndALateStart_IsCloserThanAReset()
    {
        ZipMember[] members = [.. Members(), new("C", RefitNetworks.Create(3))];
        InMemoryImages images = RefitNetworks.Images(50, 9);
        float[] expected = [.. members.SelectMany(member => RefitNetworks.Run(member.Network, images))];
        foreach (ZipOptions options in (ZipOptions[])[ZipOptions.For(ZipMethod.Paper),
            ZipOptions.For(ZipMethod.Paper) with { Start = ZipCut.AfterNode("stem.act") }])
        {
            double reset = RefitNetworks.Distance(RefitNetworks.Run(Zip(members, options, 300).Network, images), expected);
            double refit = RefitNetworks.Distance(RefitNetworks.Run(Zip(members, options with { Refit = new RefitOptions() }, 300).Network, images), expected);
            Assert.True(refit < reset, $"{options.Start}: {refit} against {reset}");
        }
    }

    [Fact]
    public void Zip_MoreImages_DoNotRaiseTheHeldOutError()
    {
        ZipMember[] members = Members();
        InMemoryImages images = RefitNetworks.Images(100, 9);
        float[] expected = [.. RefitNetworks.Run(members[0].Network, images), .. RefitNetworks.Run(members[1].Network, images)];
        double[] errors = [.. new[] { 20, 80, 320 }.Select(count =>
            RefitNetworks.Distance(RefitNetworks.Run(Zip(members, ZipOptions.For(ZipMethod.Paper) with { Matcher = new SelectionMatcher(),
                Refit = new RefitOptions { SamplesPerUnknown = 100000 } }, count).Network, images), expected))];

        Assert.True(errors[1] < errors[0] * 1.05 && errors[2] < errors[1] * 1.05, string.Join(", ", errors));
    }

    [Fact]
    public void Zip_OneOrTwoThreads_GivesTheSameBits()
    {
        ZipMember[] members = Members();
        InMemoryImages images = RefitNetworks.Images(5, 9);
        float[][] outputs = [.. new[] { 1, 2 }.Select(threads =>
            RefitNetworks.Run(Zip(members, ZipOptions.For(ZipMethod.Paper) with { Threads = threads, Refit = new RefitOptions() }, 100).Network, images))];

        Assert.Equal(outputs[0], outputs[1]);
    }

    [Fact]
    public void Zip_WithoutMemoryForFeatures_GivesTheSameNetwork()
    {
        ZipMember[] members = Members();
        InMemoryImages images = RefitNetworks.Images(5, 9);
        float[][] outputs = [.. new long[] { 0, 1L << 30 }.Select(budget =>
            RefitNetworks.Run(Zip(members, ZipOptions.For(ZipMethod.Paper) with { BatchSize = 16, Refit = new RefitOptions { MemoryBudget = budget } }, 60)
                .Network, images))];

        Assert.True(RefitNetworks.Distance(outputs[0], outputs[1]) < 1e-4);
    }

    [Fact]
    public void Zip_ManyImagesWithLargeMaps_GivesTheSameWithoutMemory()
    {
        const int Extent = 33, Count = 270;
        ZipMember[] members = [new("A", RefitNetworks.Create(1, extent: Extent)), new("B", RefitNetworks.Create(2, extent: Extent))];
        InMemoryImages images = RefitNetworks.Images(Count, 3, Extent);
        ZipOptions options = ZipOptions.For(ZipMethod.Paper) with { BatchSize = 50, CalibrationCheck = CalibrationCheck.Skip };
        Network[] zipped = [.. new long[] { 0, 1L << 30 }.Select(budget =>
            new Zipper(members, options with { Refit = new RefitOptions { MemoryBudget = budget } }).Zip(images).Network)];

        float[][] outputs = [.. zipped.Select(network => RefitNetworks.Run(network, images))];
        Assert.True(RefitNetworks.Distance(outputs[0], outputs[1]) < 1e-4);
        float[] expected = [.. RefitNetworks.Run(members[0].Network, images), .. RefitNetworks.Run(members[1].Network, images)];
        float[] reset = RefitNetworks.Run(new Zipper(members, options).Zip(images).Network, images);
        Assert.True(RefitNetworks.Distance(outputs[0], expected) < RefitNetworks.Distance(reset, expected) / 2);
    }

    [Fact]
    public void Zip_Refit_FoldsEveryNormalizationAndReportsEveryLayer()
    {
        ZipResult result = Zip(Members(), ZipOptions.For(ZipMethod.Paper) with { Refit = new RefitOptions() }, 300);

        Assert.DoesNotContain(result.Network.Nodes, node => node.Layer is BatchNorm2d);
        Assert.Equal(
            ["stem.norm", "depthwise.norm", "inner.norm", "sum", "block", "hidden", "A/linear", "B/linear"],
            result.Report.Layers.Select(layer => layer.Name));
        Assert.All(result.Report.Layers, layer => Assert.True(layer.ErrorAfter < 1.02 * layer.ErrorBefore, layer.ToString()));
    }

    [Fact]
    public void Zip_FlopsBudget_IsMet()
    {
        ZipMember[] members = Members();
        double cost = NetworkCost.Of(members[0].Network).MultiplyAdds;
        foreach (double budget in (double[])[0.7, 1.0, 1.4])
        {
            double actual = Zip(members, ZipOptions.For(ZipMethod.Paper) with { FlopsBudget = budget, Matcher = new SelectionMatcher() }, 60)
                .Report.Cost.MultiplyAdds / cost;
            Assert.InRange(actual, 0.8 * budget, budget);
        }
    }

    [Fact]
    public void Zip_ClassifiersOfHalfTheImages_KnowTheOtherHalf()
    {
        Tensor all = TestFiles.Normalize(TestFiles.LoadCalibrationImages().Pixels);
        int[] labels = [.. TestFiles.LoadCalibrationImages().Labels.ToArray().Select(label => label / 2 + 5 * (label % 2))];
        int[] even = [.. Enumerable.Range(0, 500).Select(i => 2 * i)];
        IReadOnlyList<ClassificationTask> tasks = [Task("A", 0), Task("B", 1)];
        var options = ZipOptions.For(ZipMethod.Paper) with { Cut = ZipCut.Everything, Matcher = new SelectionMatcher(), Refit = new RefitOptions(),
            Tasks = tasks };
        Network merged = new Zipper(Reference.PrototypeMembers, options).Zip(Take(even)).Network;
        ZipEvaluation evaluation = ZipEvaluation.Evaluate(merged, tasks, Take([.. even.Select(i => i + 1)]), new CpuEngine());

        Assert.True(evaluation.JointAccuracy > 0.70, $"{evaluation.JointAccuracy}");
        Assert.True(evaluation.AverageAccuracy > 0.83, $"{evaluation.AverageAccuracy}");

        InMemoryImages Take(int[] indices)
        {
            var images = new Tensor(indices.Length, 3, 32, 32);
            for (int i = 0; i < indices.Length; i++)
                all.Slice(indices[i], 1).Span.CopyTo(images.Slice(i, 1).Span);
            return new InMemoryImages(images, [.. indices.Select(i => labels[i])]);
        }

        ClassificationTask Task(string name, int first)
        {
            var prototypes = new Tensor(5, 512);
            for (int c = 0; c < 5; c++)
                TestFiles.LoadPrototypes().Slice(2 * c + first, 1).Span.CopyTo(prototypes.Slice(c, 1).Span);
            return ClassificationTask.FromPrototypes(name, [.. Enumerable.Range(0, 5).Select(c => $"class {2 * c + first}")], prototypes, 30);
        }
    }

    private static ZipMember[] Members() => [new("A", RefitNetworks.Create(1)), new("B", RefitNetworks.Create(2))];

    private static ZipResult Zip(IReadOnlyList<ZipMember> members, ZipOptions options, int images) => new Zipper(members, options)
        .Zip(RefitNetworks.Images(images, 5));
}
