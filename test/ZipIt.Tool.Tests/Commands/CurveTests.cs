using System.Text.Json;

namespace ZipIt.Tool.Tests.Commands;

/// <summary><c>zipit curve</c> on the checkpoints of the quickstart.</summary>
public sealed class CurveTests
{
    private static readonly Lazy<JsonElement[]> Points = new(() => [.. ToolRun.Good("curve", SampleData.Models, "--calibration", SampleData.Images, "--images", SampleData.Images,
        "--max-images", "500", "--max-calibration", "100", "--methods", "paper,best", "--cuts", "17,13", "--json").Json.EnumerateArray()]);

    [Fact]
    public void Curve_MethodsAndCuts_AreMeasuredBesideTheBaselines() => Assert.Equal(
        ["A alone", "B alone", "averaging 17/20", "permute 17/20", "paper 17/20", "paper 13/20", "best 17/20", "best 13/20", "ensemble", "ensemble, calibrated"],
        Points.Value.Select(point => point.GetProperty("network").GetString()!));

    [Fact]
    public void Curve_EarlierCuts_CostMoreAndKeepMore()
    {
        JsonElement late = Find("paper 17/20"), early = Find("paper 13/20");
        Assert.InRange(Number(late, "cost"), 1.10, 1.13);
        Assert.InRange(Number(early, "cost"), 1.32, 1.34);
        Assert.True(Number(late, "joint") < Number(early, "joint") && Number(late, "average") < Number(early, "average"));
    }

    [Fact]
    public void Curve_RefittedNetwork_IsMoreAccurate()
    {
        Assert.True(Number(Find("best 17/20"), "joint") > Number(Find("paper 17/20"), "joint") + 0.05);
        Assert.True(Number(Find("best 17/20"), "average") > Number(Find("paper 17/20"), "average") + 0.05);
    }

    [Fact]
    public void Curve_Text_IsATable()
    {
        string output = ToolRun.Good("curve", SampleData.Models, "--calibration", SampleData.Images, "--images", SampleData.Images, "--max-images", "100",
            "--max-calibration", "40", "--methods", "averaging,paper+zip:alpha=0.1,beta=0.8", "--cuts", "stage:1", "--no-baselines").Output;
        Assert.Contains("averaging stage:1", output);
        Assert.Contains("paper+zip:alpha=0.1,beta=0.8 stage:1", output);
        Assert.Contains("1.66×", output);
        Assert.DoesNotContain("ensemble", output);
    }

    [Theory]
    [InlineData(ExitCode.BadInput, "no-such-place", "--images", "no-such-place")]
    [InlineData(ExitCode.BadInput, "no-such-place", "--calibration", "no-such-place")]
    [InlineData(ExitCode.BadUsage, "no method 'beast'; did you mean 'best'?", "--methods", "beast")]
    [InlineData(ExitCode.BadUsage, "no cut 'x'", "--cuts", "13,x")]
    public void Curve_Mistake_IsTold(int code, string words, string option, string value)
    {
        string[] others = [.. new[] { "--images", "--calibration" }.Where(other => other != option).SelectMany(other => new[] { other, SampleData.Images })];
        ToolRun.Of(["curve", SampleData.Models, option, value, .. others]).ExpectFailure(code, words);
    }

    [Fact]
    public void Curve_Kinds_AreSaid() => Assert.Equal(
        ["member", "member", "baseline", "baseline", "method", "method", "method", "method", "ensemble", "ensemble"],
        Points.Value.Select(point => point.GetProperty("kind").GetString()!));

    private static JsonElement Find(string network) => Points.Value.Single(point => point.GetProperty("network").GetString() == network);

    private static double Number(JsonElement point, string name) => point.GetProperty(name).GetDouble();
}
