using System.Xml.Linq;

namespace ZipIt.Tool.Tests.HtmlReport;

/// <summary><c>--svg</c> of merge and curve.</summary>
public sealed class FigureOptionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zipit-svg-").FullName;

    [Fact]
    public void Merge_Svg_DrawsTheMergedNetwork()
    {
        string path = Path.Combine(_folder, "zip.svg");
        ToolRun.Good("merge", SampleData.Models, "--calibration", SampleData.Images, "--max-calibration", "10", "--method", "paper", "--cut", "13",
            "--svg", path, "-o", Path.Combine(_folder, "zipped.onnx"));
        Assert.Contains("share 13 layers; behind the cut, each has 7 layers of its own", XElement.Load(path).Value);
    }

    [Fact]
    public void Curve_Svg_PlotsAccuracyAgainstCost()
    {
        string path = Path.Combine(_folder, "curve.svg");
        ToolRun.Good("curve", SampleData.Models, "--calibration", SampleData.Images, "--images", SampleData.Images, "--max-images", "50",
            "--max-calibration", "10", "--methods", "paper", "--cuts", "13", "--no-baselines", "--svg", path);
        XElement figure = XElement.Load(path);
        Assert.Contains("ZipIt! (paper)", figure.Value);
        Assert.Contains("13/20", figure.Value);
    }

    [Theory]
    [InlineData("figure.png", ExitCode.BadUsage, ".svg")]
    [InlineData("no-such-folder/figure.svg", ExitCode.BadOutput, "no-such-folder")]
    public void Merge_SvgThatCannotBeWritten_IsToldBeforeTheWork(string name, int code, string words)
    {
        string output = Path.Combine(_folder, "zipped.onnx");
        ToolRun.Of("merge", SampleData.Models, "--calibration", SampleData.Images, "--svg", Path.Combine(_folder, name), "-o", output)
            .ExpectFailure(code, words);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
