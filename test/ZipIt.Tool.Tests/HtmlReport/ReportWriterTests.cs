using System.Collections;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Tests.HtmlReport;

public class ReportWriterTests
{
    [Fact]
    public void Write_SameDocument_SameBytes()
    {
        Assert.Equal(SampleReports.Write(SampleReports.CreateFull()), SampleReports.Write(SampleReports.CreateFull()));
    }

    [Fact]
    public void Write_EverySection_IsThere()
    {
        string page = SampleReports.Write(SampleReports.CreateFull());
        string[] headings = [.. Parse(page).Descendants("h2").Select(heading => heading.Value)];
        Assert.Equal(["Please look at this", "The network", "Accuracy against cost", "Accuracy", "Examples", "What it loses, estimated without labels",
            "What was merged", "What the refit repaired", "How to do it again"], headings);
    }

    [Fact]
    public void Write_TitleAlone_IsAPage()
    {
        XElement page = Parse(SampleReports.Write(new ReportDocument("Nothing")));
        Assert.Equal("Nothing", page.Element("body")!.Descendants("h1").Single().Value);
        Assert.Empty(page.Descendants("section"));
    }

    [Fact]
    public void Write_HostileNames_AddNoMarkup()
    {
        XElement harmless = Parse(SampleReports.Write(SampleReports.CreateFull(" harmless")));
        XElement hostile = Parse(SampleReports.Write(SampleReports.CreateFull(SampleReports.Hostile)));
        Assert.Equal(CountElements(harmless), CountElements(hostile));
        Assert.Empty(hostile.Descendants("script"));
        Assert.DoesNotContain(hostile.DescendantsAndSelf().Attributes(),
            attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(hostile.Descendants("th"), cell => cell.Value.Contains("<script>alert(1)</script>", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_Page_RefersToNothingOutside()
    {
        XElement page = Parse(SampleReports.Write(SampleReports.CreateFull()));
        string[] names = ["src", "href", "srcset", "data", "action"];
        string[] addresses = [.. page.DescendantsAndSelf().Attributes().Where(attribute => names.Contains(attribute.Name.LocalName))
            .Select(attribute => attribute.Value)];
        Assert.NotEmpty(addresses);
        Assert.All(addresses, address => Assert.StartsWith("data:", address, StringComparison.Ordinal));
        Assert.DoesNotContain("url(", page.Descendants("style").Single().Value, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", page.Descendants("style").Single().Value, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Write_Policy_AllowsTheStyleOfThePageAlone()
    {
        XElement page = Parse(SampleReports.Write(SampleReports.CreateFull()));
        string policy = page.Descendants("meta").Single(meta => (string?)meta.Attribute("http-equiv") == "Content-Security-Policy").Attribute("content")!.Value;
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(page.Descendants("style").Single().Value)));
        Assert.Equal($"default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'", policy);
        Assert.DoesNotContain(page.DescendantsAndSelf().Attributes(), attribute => attribute.Name.LocalName == "style");
    }

    [Fact]
    public void Write_TablesAndFigures_SayWhatTheyAre()
    {
        XElement page = Parse(SampleReports.Write(SampleReports.CreateFull()));
        Assert.All(page.Descendants("table"), table => Assert.NotEmpty(table.Element("caption")!.Value));
        Assert.All(page.Descendants("th"), cell => Assert.Contains(cell.Attribute("scope")?.Value, (string[])["row", "col"]));
        Assert.All(page.Descendants("img"), image => Assert.NotEmpty(image.Attribute("alt")!.Value));
        string[] ids = [.. page.DescendantsAndSelf().Attributes("id").Select(id => id.Value)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        foreach (XElement figure in page.Descendants("svg").Where(svg => (string?)svg.Attribute("role") == "img"))
        {
            Assert.NotEmpty(figure.Element("title")!.Value);
            Assert.NotEmpty(figure.Element("desc")!.Value);
            string names = $"{figure.Element("title")!.Attribute("id")!.Value} {figure.Element("desc")!.Attribute("id")!.Value}";
            Assert.Equal(names, figure.Attribute("aria-labelledby")!.Value);
        }

        Assert.All(page.Descendants("svg").Where(svg => svg.Attribute("role") is null), svg => Assert.Equal("true", (string?)svg.Attribute("aria-hidden")));
    }

    [Fact]
    public void Write_Path_WritesThePageAsUtf8()
    {
        string folder = Directory.CreateTempSubdirectory("zipit-report-").FullName;
        try
        {
            string path = Path.Combine(folder, "report.html");
            ReportDocument document = SampleReports.CreateFull(" 猫");
            ReportWriter.Write(document, path);
            Assert.Equal(SampleReports.Write(document), Encoding.UTF8.GetString(File.ReadAllBytes(path)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Write_PathAndFailure_KeepsTheOldFile()
    {
        string folder = Directory.CreateTempSubdirectory("zipit-report-").FullName;
        try
        {
            string path = Path.Combine(folder, "report.html");
            File.WriteAllText(path, "old");
            ReportDocument document = SampleReports.CreateFull() with { Versions = new BrokenList() };
            Assert.Throws<InvalidOperationException>(() => ReportWriter.Write(document, path));
            Assert.Equal("old", File.ReadAllText(path));
            Assert.Equal([path], Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static XElement Parse(string page)
    {
        const string Declaration = "<!DOCTYPE html>\n";
        Assert.StartsWith(Declaration, page, StringComparison.Ordinal);
        return XElement.Parse(page[Declaration.Length..], LoadOptions.PreserveWhitespace);
    }

    private static Dictionary<string, int> CountElements(XElement page) =>
        page.DescendantsAndSelf().Where(element => element.Name.LocalName is not ("text" or "title")) // labels of a plot need room, long ones lose their middle
            .GroupBy(element => element.Name.LocalName).ToDictionary(group => group.Key, group => group.Count());

    private sealed class BrokenList : IReadOnlyList<ReportFact>
    {
        public int Count => 1;

        public ReportFact this[int index] => throw new InvalidOperationException("broken");

        public IEnumerator<ReportFact> GetEnumerator() => throw new InvalidOperationException("broken");

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
