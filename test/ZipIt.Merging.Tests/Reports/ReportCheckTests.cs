using System.Text.Json;
using ZipIt.Networks;

namespace ZipIt.Merging.Tests.Reports;

/// <summary>Reports out of files: what was read can be shown.</summary>
public sealed class ReportCheckTests
{
    private static readonly ZipReport Whole =
        new("greedy", [], new NetworkCost(1, 2), [new NetworkCost(3, 4), new NetworkCost(5, 6)], new Dictionary<ZipStage, TimeSpan>())
    {
        Members = ["a", "b"],
        Layers = [new LayerReport("layer", 1, 2, 3, 4, 5)],
    };

    [Theory]
    [InlineData("\"spaces\": []", "\"spaces\": [null]")]
    [InlineData("\"spaces\": []", "\"spaces\": [{}]")]
    [InlineData("\"spaces\": []", "\"spaces\": [{\"name\": \"x\", \"mergesWithin\": null}]")]
    [InlineData("\"spaces\": []", "\"spaces\": null")]
    [InlineData("\"a\"", "null")]
    [InlineData("\"layer\"", "null")]
    [InlineData("\"greedy\"", "null")]
    public void FromJson_NullItem_IsRefused(string part, string hostile)
    {
        string json = Whole.ToJson();
        Assert.Contains(part, json);
        Assert.Contains("lacks", Assert.Throws<JsonException>(() => ZipReport.FromJson(json.Replace(part, hostile))).Message);
    }

    [Theory]
    [InlineData("9223372036854775807", "counted")]
    [InlineData("-1", "negative")]
    public void FromJson_CostsWithoutASum_AreRefused(string cost, string expected)
    {
        foreach (string part in (string[])["\"multiplyAdds\": 3", "\"parameters\": 4"])
        {
            string json = Whole.ToJson();
            Assert.Contains(part, json);
            string hostile = json.Replace(part, $"{part.Split(':')[0]}: {cost}");
            Assert.Contains(expected, Assert.Throws<JsonException>(() => ZipReport.FromJson(hostile)).Message);
        }
    }

    [Fact]
    public void FromJson_TableThatNobodyCanRead_IsRefused()
    {
        ZipReport report = Whole with { MemberCosts = [.. Enumerable.Repeat(new NetworkCost(1, 1), 3000)],
            Spaces = [.. Enumerable.Repeat(new SpaceReport("space", 1, [], 0, 0, 0), 300)] };
        Assert.Contains("table", Assert.Throws<JsonException>(() => ZipReport.FromJson(report.ToJson())).Message);

        report = Whole with { Layers =
            [new LayerReport(new string('x', 100_000), 1, 1, 0, 0, 0), .. Enumerable.Repeat(new LayerReport("layer", 1, 1, 0, 0, 0), 100)] };
        Assert.Contains("table", Assert.Throws<JsonException>(() => ZipReport.FromJson(report.ToJson())).Message);
    }

    [Fact]
    public void FromJson_WholeReport_IsShownAsItWas() => Assert.Equal(Whole.ToText(), ZipReport.FromJson(Whole.ToJson()).ToText());
}
