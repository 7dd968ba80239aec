using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

public sealed class RefitPlanTests
{
    private const int Images = 30;

    public static TheoryData<string, int, int> Zips => new()
    {
        { "residual", 2, 0 }, { "residual", 3, 0 }, { "residual", 2, 4 }, { "bottleneck", 2, 0 }, { "bottleneck", 2, 3 }, { "preactivation", 2, 0 },
        { "dense", 2, 0 }, { "depthwise", 2, 0 }, { "depthwise", 2, 2 }, { "vgg", 2, 0 },
    };

    [Theory]
    [MemberData(nameof(Zips))]
    public void Outline_BeforeMatching_GivesThePlanOfTheZippedNetwork(string kind, int members, int cutAfter)
    {
        Zipper zipper = Zipper(kind, members, cutAfter, []);

        AssertSamePlan(zipper, []);
    }

    [Fact]
    public void Outline_LateStart_GivesThePlanOfTheZippedNetwork()
    {
        var zipper = new Zipper(Members("residual", 2), new ZipOptions { Start = ZipCut.AfterLayers(3) });

        AssertSamePlan(zipper, []);
    }

    [Fact]
    public void Outline_NamedWidths_GivesThePlanOfTheZippedNetwork()
    {
        Dictionary<string, int> widths = Zipper("residual", 2, 0, [])
            .MergedSpaces.Select((space, i) => (space.Name, i % 2 == 0 ? space.Width + 1 : space.Width - 1)).ToDictionary();

        AssertSamePlan(Zipper("residual", 2, 0, widths), widths);
    }

    [Fact]
    public void Units_Outputs_ComeLast()
    {
        var plan = new RefitPlan(Outline(Zipper("residual", 2, 4, []), []), new RefitOptions(), Images);

        Assert.Equal(["0/head", "1/head"], plan.Units.TakeLast(2).Select(unit => unit.Target.Name));
        Assert.Equal(plan.Units.Distinct(), plan.Units);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(2L << 30)]
    public void Budget_AllShares_AreTheLimit(long limit)
    {
        var budget = new RefitBudget(limit);

        long targets = budget.Targets(budget.Images);
        Assert.Equal(limit, budget.Images + budget.Frontier + budget.LeastUnitSamples + targets);
        Assert.Equal(budget.LeastUnitSamples, budget.UnitSamples(budget.Images, budget.Frontier, targets));
        Assert.Equal(budget.Images + budget.LeastUnitSamples + targets - 1, budget.UnitSamples(0, budget.Frontier, 1));
        Assert.Equal(targets + budget.Images, budget.Targets(0));
        Assert.InRange(budget.MemberSamples, 0, limit - budget.Images - budget.Frontier);
    }

    private static Zipper Zipper(string kind, int members, int cutAfter, Dictionary<string, int> widths) =>
        new(Members(kind, members), new ZipOptions { Cut = cutAfter == 0 ? ZipCut.BeforeHeads : ZipCut.AfterLayers(cutAfter), Widths = widths });

    private static ZipMember[] Members(string kind, int count) =>
        [.. Enumerable.Range(0, count).Select(m => new ZipMember($"{m}", SmallNetworks.Draw(kind, m + 1)))];

    private static void AssertSamePlan(Zipper zipper, Dictionary<string, int> widths)
    {
        IReadOnlyList<SpaceMap> maps = zipper.Match(zipper.CollectStatistics(SmallNetworks.Images));

        Assert.Equal(Describe(zipper.MergeWithOrigins(maps)), Describe(Outline(zipper, widths)));
    }

    private static MergedNetwork Outline(Zipper zipper, Dictionary<string, int> widths) => NetworkMerger.Outline(
        zipper.Structure, zipper.MergedSpaces.ToDictionary(space => space.Index, space => widths.TryGetValue(space.Name, out int width) ? width : space.Width));

    private static string[] Describe(MergedNetwork merged)
    {
        var plan = new RefitPlan(merged, new RefitOptions(), Images);
        return [.. plan.Units.Select(unit =>
        {
            SampleLayout layout = plan.LayoutOf(unit);
            string sources = string.Join(" ", merged.Origins[unit.Target].Sources.Select(source => $"{source.Member}:{source.Node.Name}"));
            return $"{unit.Target.Name} [{sources}] {layout.Columns} columns, {layout.Channels} channels, {layout.PerImage} of {layout.Area} pixels, {plan.MapImagesOf(unit)}";
        })];
    }
}
