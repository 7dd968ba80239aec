using System.Text.Json;
using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

public sealed class ZipReportTests
{
    private static readonly ZipReport Report = new Zipper(
        [new("cats", SmallNetworks.Draw("residual", 1)), new("dogs", SmallNetworks.Draw("residual", 2, outputs: 3))],
        ZipOptions.For(ZipMethod.Paper) with { Matcher = new ZipMatcher { Alpha = 1, Beta = 1 } }).Zip(SmallNetworks.Images).Report;

    [Fact]
    public void Spaces_EveryMerge_IsCountedOnce()
    {
        Assert.Equal(6, Report.Spaces.Count);
        Assert.All(Report.Spaces, space => Assert.Equal(space.Width, space.MergesWithin.Sum() + space.MergesAcross));
        Assert.All(Report.Spaces, space => Assert.InRange(space.MeanCorrelation, space.MinimumCorrelation, 1));
    }

    [Fact]
    public void FromJson_ToJson_GivesTheSameReport()
    {
        ZipReport read = ZipReport.FromJson(Report.ToJson());

        Assert.Equal(Report.ToJson(), read.ToJson());
        Assert.Equal(Report.ToText(), read.ToText());
        Assert.Equal(Report.Cost, read.Cost);
        Assert.Equal(Report.Times[ZipStage.Matching], read.Times[ZipStage.Matching]);
        Assert.Equal(Report.Spaces.Select(space => space.MeanCorrelation), read.Spaces.Select(space => space.MeanCorrelation));
    }

    [Fact]
    public void FromJson_NotFinite_IsKept()
    {
        ZipReport report = Report with { Spaces = [new SpaceReport("relu", 4, [0, 0], 0, double.NaN, double.NaN)], Images = 0 };

        Assert.Equal(double.NaN, ZipReport.FromJson(report.ToJson()).Spaces[0].MeanCorrelation);
        Assert.Contains("–", report.ToText());
        Assert.Empty(report.Warnings);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"matcher\":\"x\",\"spaces\":null}")]
    [InlineData("[1")]
    public void FromJson_OtherText_Throws(string json) => Assert.Throws<JsonException>(() => ZipReport.FromJson(json));

    /// <summary>What the first version wrote.</summary>
    [Fact]
    public void FromJson_OldReport_KeepsStagesAndSpaces()
    {
        const string Json = """
            {
              "matcher": "ZipIt! (α 0.3, β 0.125)",
              "spaces": [ { "name": "relu", "width": 4, "mergesWithin": [ 0, 1 ], "mergesAcross": 3, "meanCorrelation": 0.5, "minimumCorrelation": "NaN" } ],
              "cost": { "multiplyAdds": 10, "parameters": 20 },
              "memberCosts": [ { "multiplyAdds": 8, "parameters": 16 } ],
              "times": { "Statistics": "00:00:01.5000000", "Matching": "00:00:00.0100000", "Merging": "00:00:00", "BatchNorm reset": "00:00:02" },
              "layers": [], "members": [ "a" ], "cut": "before heads"
            }
            """;

        ZipReport report = ZipReport.FromJson(Json);

        Assert.Equal([ZipStage.Statistics, ZipStage.Matching, ZipStage.Merging, ZipStage.BatchNormReset], report.Times.Keys);
        Assert.Equal(TimeSpan.FromSeconds(2), report.Times[ZipStage.BatchNormReset]);
        Assert.Equal(0.5, Assert.Single(report.Spaces).MeanCorrelation);
        Assert.Equal(double.NaN, report.Spaces[0].Unexplained);
        Assert.Empty(report.Warnings);
        Assert.Contains("\"BatchNorm reset\": \"00:00:02\"", report.ToJson());
        Assert.Throws<JsonException>(() => ZipReport.FromJson(Json.Replace("Merging", "Melting")));
    }

    [Fact]
    public void ToText_NamesMembersSpacesAndTotals()
    {
        string text = Report.ToText();

        Assert.Contains("within cats  within dogs  across", text);
        Assert.Contains("layer1.1.relu2", text);
        Assert.Contains("before heads", text);
        Assert.Contains("multiply-adds", text);
        Assert.DoesNotContain('\r', text);
    }

    [Fact]
    public void Warnings_MemberThatIsLost_NamesItAndTheWorstSpace()
    {
        SpaceReport[] spaces = [Space("layer1", [0.1, 0.3]), Space("layer3", [0.15, 0.5])];
        ZipReport report = Report with { Spaces = spaces, Images = 0 };

        string warning = Assert.Single(report.Warnings);
        Assert.Contains("'dogs'", warning);
        Assert.Contains("little in common", warning);
        Assert.Contains("40 % of the variance of its features unexplained on average, 50 % at 'layer3'", warning);
        Assert.Contains(warning, report.ToText());
    }

    [Theory]
    [InlineData(0.24, 0.26, 0)]
    [InlineData(0.24, 0.27, 1)]
    [InlineData(0.05, 0.39, 0)]
    [InlineData(0.05, 0.41, 1)]
    public void Warnings_Losses_CountOnAverageAndAtOnePlace(double first, double second, int expected) =>
        Assert.Equal(expected, (Report with { Spaces = [Space("a", [first, 0]), Space("b", [second, 0])], Images = 0 }).Warnings.Count);

    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(100, 100, null)]
    [InlineData(100, 50, null)]
    [InlineData(100, 49, "49 of the 100")]
    [InlineData(99, 99, "Only 99 calibration images")]
    public void Warnings_Images_ShouldBeManyAndDifferent(int images, int distinct, string? expected)
    {
        ZipReport report = Report with { Spaces = [], Images = images, DistinctImages = distinct };

        if (expected is null)
            Assert.Empty(report.Warnings);
        else
            Assert.Contains(expected, Assert.Single(report.Warnings));
    }

    [Fact]
    public void Warnings_FeaturesThatDoNotVary_AreCounted()
    {
        SpaceReport space = Space("layer3", [0.1, 0.1]) with { ConstantOfMember = [4, 11] };

        string warning = Assert.Single((Report with { Spaces = [space], Images = 0 }).Warnings);
        Assert.Contains("11 of 12 features of 'dogs' at 'layer3'", warning);
    }

    private static SpaceReport Space(string name, double[] unexplained) => new(name, 12, [0, 0], 12, 0.5, 0.2)
    {
        Unexplained = unexplained.Average(),
        UnexplainedOfMember = unexplained,
        WidthOfMember = [12, 12],
        ConstantOfMember = [0, 0],
    };
}
