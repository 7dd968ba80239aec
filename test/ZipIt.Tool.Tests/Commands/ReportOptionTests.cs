namespace ZipIt.Tool.Tests.Commands;

/// <summary>Pages that commands write beside their results.</summary>
public sealed class ReportOptionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("report").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Merge_Report_ShowsNetworkAccuracyAndRecipe()
    {
        string page = Path.Combine(_folder, "page.html"), images = SampleData.CopyImages(_folder, "calibration", 2);
        ToolRun.Good("merge", SampleData.Models, "--calibration", images, "--images", images, "--method", "averaging", "--cut", "13",
            "-o", Path.Combine(_folder, "zipped.onnx"), "--report", page, "--quiet");
        string text = File.ReadAllText(page);
        Assert.StartsWith("<!DOCTYPE html>", text);
        Assert.Contains("Merge of A, B", text);
        Assert.Contains("method: averaging", text);
        Assert.Contains("zipit merge", text);
        Assert.Contains("data:image/png", text);
    }

    [Fact]
    public void Evaluate_Report_ShowsModelsSideBySide()
    {
        string page = Path.Combine(_folder, "page.html");
        ToolRun.Good("evaluate", SampleData.Models, "--images", SampleData.Images, "--max-images", "40", "--report", page, "--quiet");
        Assert.Contains("Evaluation of A, B", File.ReadAllText(page));
    }

    [Fact]
    public void Curve_Report_ShowsAccuracyAgainstCost()
    {
        string page = Path.Combine(_folder, "page.html");
        ToolRun.Good("curve", SampleData.Models, "--calibration", SampleData.Images, "--images", SampleData.Images, "--max-images", "40", "--max-calibration", "20",
            "--methods", "averaging", "--cuts", "stage:1", "--no-baselines", "--report", page, "--quiet");
        Assert.Contains("averaging", File.ReadAllText(page));
    }

    [Theory]
    [InlineData(ExitCode.BadUsage, "--report", "page.txt", ".html")]
    [InlineData(ExitCode.BadOutput, "--report", "no-such-folder/page.html", "no folder")]
    public void Evaluate_PageThatCannotBeWritten_IsToldBeforeTheWork(int code, string option, string path, string words) =>
        ToolRun.Of("evaluate", SampleData.Models, "--images", "no-such-images", option, Path.Combine(_folder, path)).ExpectFailure(code, words);
}
