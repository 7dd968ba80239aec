using System.Xml.Linq;
using ZipIt.Merging;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Tests.HtmlReport;

public class ReportFiguresTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void WriteCurve_File_StandsAlone()
    {
        XElement figure = Write(path => ReportFigures.WriteCurve(path, SampleReports.CreateCurve(SampleReports.Hostile)));
        AssertStandsAlone(figure);
        Assert.Contains(figure.Descendants(Svg + "text"), text => text.Value == "Among the classes of all tasks");
        Assert.Contains(figure.Descendants(Svg + "text"), text => text.Value == "Within each task, mean");
    }

    [Fact]
    public void WriteNetwork_File_StandsAlone()
    {
        ZipResult zip = SampleReports.Zip(ZipCut.AfterLayers(5), null, $"a{SampleReports.Hostile}", "b");
        AssertStandsAlone(Write(path => ReportFigures.WriteNetwork(path, MergeSection.Of(zip))));
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

    private static XElement Write(Action<string> write)
    {
        string folder = Directory.CreateTempSubdirectory("zipit-figure-").FullName;
        try
        {
            string path = Path.Combine(folder, "figure.svg");
            write(path);
            return XDocument.Load(path).Root!;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
