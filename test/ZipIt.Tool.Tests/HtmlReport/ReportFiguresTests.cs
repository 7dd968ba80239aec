using System.Xml.Linq;
using ZipIt.Merging;
using ZipIt.TestFramework;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Tests.HtmlReport;

public class ReportFiguresTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void WriteCurve_File_StandsAlone()
    {
        XElement figure = Write(writer => ReportFigures.WriteCurve(writer, SampleReports.CreateCurve(SampleReports.Hostile)));
        AssertStandsAlone(figure);
        Assert.Contains(figure.Descendants(Svg + "text"), text => text.Value == "Among the classes of all tasks");
        Assert.Contains(figure.Descendants(Svg + "text"), text => text.Value == "Within each task, mean");
    }

    [Fact]
    public void WriteNetwork_File_StandsAlone()
    {
        ZipResult zip = SampleReports.Zip(ZipCut.AfterLayers(5), null, $"a{SampleReports.Hostile}", "b");
        AssertStandsAlone(Write(writer => ReportFigures.WriteNetwork(writer, MergeSection.Of(zip))));
    }

    /// <summary>The figures of README are made by commands, which README names; they are to be made again when figures look otherwise.</summary>
    [Theory]
    [InlineData("curve.svg")]
    [InlineData("zip.svg")]
    public void Documentation_Figures_HaveThePresentStyle(string name)
    {
        XElement figure = XElement.Load(Path.Combine(TestFiles.Root, "docs", name));
        AssertStandsAlone(figure);
        Assert.Equal(StyleSheet.Figures, figure.Element(Svg + "style")!.Value);
        Assert.Contains($"docs/{name}", File.ReadAllText(Path.Combine(TestFiles.Root, "README.md")), StringComparison.Ordinal);
    }

    private static void AssertStandsAlone(XElement figure)
    {
        Assert.Equal(Svg + "svg", figure.Name);
        Assert.Contains("prefers-color-scheme: dark", figure.Element(Svg + "style")!.Value, StringComparison.Ordinal);
        Assert.NotEmpty(figure.Element(Svg + "title")!.Value);
        Assert.NotNull(figure.Attribute("width"));
        Assert.Equal("ground", (string?)figure.Elements(Svg + "rect").First().Attribute("class"));
        Assert.All(figure.DescendantsAndSelf(), element => Assert.Equal(Svg, element.Name.Namespace));
        Assert.DoesNotContain(figure.DescendantsAndSelf(), element => element.Name.LocalName is "script" or "image" or "a" or "use" or "foreignObject");
        Assert.DoesNotContain(figure.DescendantsAndSelf().Attributes(), attribute => attribute.Name.LocalName is "href" or "src" or "style");
    }

    private static XElement Write(Action<TextWriter> write)
    {
        var writer = new StringWriter();
        write(writer);
        return XElement.Parse(writer.ToString());
    }
}
