namespace ZipIt.Merging.Tests;

public sealed class ZipOptionsTests
{
    private static readonly ZipMember[] Members = [new("A", SmallNetworks.Draw("residual", 1)), new("B", SmallNetworks.Draw("residual", 2))];

    [Fact]
    public void New_Options_AreThoseOfTheBestMethod()
    {
        ZipOptions options = new(), best = ZipOptions.For(ZipMethod.Best);

        Assert.Equal(new SelectionMatcher(), options.Matcher);
        Assert.Equal((best.Matcher, best.ImportanceSweeps, best.ResetBatchNorm, best.Cut),
            (options.Matcher, options.ImportanceSweeps, options.ResetBatchNorm, options.Cut));
        Assert.Equal(best.Refit, options.Refit);
    }

    [Fact]
    public void For_Paper_HasNothingOfOurs()
    {
        ZipOptions paper = ZipOptions.For(ZipMethod.Paper);

        Assert.Equal(new ZipMatcher { Alpha = 0.3, Beta = 0.125 }, paper.Matcher);
        Assert.Equal(0, paper.ImportanceSweeps);
        Assert.Null(paper.Refit);
        Assert.True(paper.ResetBatchNorm);
    }

    [Fact]
    public void For_UnknownMethod_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => ZipOptions.For((ZipMethod)9));

    public static TheoryData<IMatcher> Aligning => [new IdentityMatcher(), new PermutationMatcher(), new WeightMatcher()];

    [Theory]
    [MemberData(nameof(Aligning))]
    public void Zipper_AligningMatcherAndOtherWidths_IsRefusedBeforeAnyImage(IMatcher matcher)
    {
        string space = new Zipper(Members).MergedSpaces[0].Name;

        Assert.Contains("FlopsBudget", Refuse(new ZipOptions { Matcher = matcher, FlopsBudget = 1.5 }));
        Assert.Contains($"of '{space}', but 9 were asked for",
            Refuse(new ZipOptions { Matcher = matcher, Widths = new Dictionary<string, int> { [space] = 9 } }));
        _ = new Zipper(Members, new ZipOptions { Matcher = matcher, Widths = new Dictionary<string, int> { [space] = 8 } });
    }

    [Theory]
    [InlineData("layer9", 3, "'layer9', which 'A' lacks")]
    [InlineData("layer1.1.relu2", 0, "cannot be 0")]
    [InlineData("layer1.1.relu2", 17, "has 16 features in all networks, so its width cannot be 17")]
    public void Zipper_WidthsThatDoNotFit_AreNamed(string space, int width, string expected) =>
        Assert.Contains(expected, Refuse(new ZipOptions { Widths = new Dictionary<string, int> { [space] = width } }));

    [Fact]
    public void Zipper_WidthsBehindTheCut_AreIgnored() => Assert.NotEmpty(
        new Zipper(Members, new ZipOptions { Cut = ZipCut.AfterStage(1), Widths = new Dictionary<string, int> { ["layer2.0.relu1"] = 99 } }).MergedSpaces);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Zipper_BudgetThatIsNone_Throws(double budget) => Assert.Contains("FlopsBudget", Refuse(new ZipOptions { FlopsBudget = budget }));

    [Fact]
    public void Zipper_MatcherOfNoKind_SaysWhatItShouldBe() => Assert.Contains("IFeatureMatcher", Refuse(new ZipOptions { Matcher = new NoKind() }));

    private static string Refuse(ZipOptions options) => Assert.ThrowsAny<ArgumentException>(() => new Zipper(Members, options)).Message;

    private sealed class NoKind : IMatcher
    {
        public string Name => "no kind";
    }
}
