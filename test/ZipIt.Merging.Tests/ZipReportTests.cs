using System.Text.Json;
using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

public sealed class ZipReportTests
{
    private static readonly ZipReport Report = new Zipper(
        [new("cats", SmallNetworks.Draw("residual", 1)), new("dogs", SmallNetworks.Draw("residual", 2, outputs: 3))],
        new ZipOptions { Matcher = new ZipMatcher { Alpha = 1, Beta = 1 } }).Zip(SmallNetworks.Images).Report;

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
        ZipReport report = Report with { Spaces = [new SpaceReport("relu", 4, [0, 0], 0, double.NaN, double.NaN)] };

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
    public void Warnings_LowCorrelation_NamesTheSpace()
    {
        ZipReport report = Report with { Spaces = [new SpaceReport("layer3", 4, [0, 0], 4, 0.1, -0.2), new SpaceReport("layer1", 4, [0, 0], 4, 0.8, 0.2)] };

        string warning = Assert.Single(report.Warnings);
        Assert.Contains("'layer3'", warning);
        Assert.Contains(warning, report.ToText());
    }
}
