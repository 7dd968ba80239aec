using System.Globalization;
using System.Xml.Linq;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Tests.HtmlReport;

public class NetworkDrawingTests
{
    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(5, false)]
    [InlineData(5, true)]
    [InlineData(12, false)]
    [InlineData(12, true)]
    public void Draw_SeveralTasks_NamesEachAndStaysInsideItsFrame(int tasks, bool isUpright)
    {
        string[] names = [.. Enumerable.Range(0, tasks).Select(t => $"t{t}")];
        XElement drawing = Draw(MergeSection.Of(SampleReports.Zip(ZipCut.AfterLayers(5), null, names)), isUpright);
        Assert.All(names, name => Assert.Contains(drawing.Descendants("text"), text => text.Value.EndsWith(name, StringComparison.Ordinal)));
        Assert.Single(drawing.Descendants("line"), line => (string?)line.Attribute("class") == "cut");
        AssertInside(drawing);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Draw_ManyLayers_StaysInsideItsFrame(bool isUpright)
    {
        var layout = new ResNetLayout { BlockCounts = [3, 8, 36, 3], Bottleneck = true, StemChannels = 4, Outputs = 3 };
        Network network = ResNet.Random(1, layout, new Size2(32, 32));
        XElement drawing = Draw(new MergeSection(network), isUpright);
        Assert.Equal(1 + 3 * 50 + 1 + 4,
            drawing.Descendants("rect").Count(rect => ((string?)rect.Attribute("class"))!.StartsWith("bar ", StringComparison.Ordinal)));
        AssertInside(drawing);
    }

    [Fact]
    public void Draw_Spaces_HaveTheColourOfWhatStaysUnexplained()
    {
        ZipResult zip = SampleReports.Zip(ZipCut.AfterLayers(5), null, "a", "b");
        ZipReport report = zip.Report with { Spaces = [.. zip.Report.Spaces.Select((space, i) => space with { Unexplained = i == 0 ? 0.25 : 0.01 })] };
        XElement drawing = Draw(new MergeSection(zip.Network, report), isUpright: false);
        XElement[] marks =
            [.. drawing.Descendants("circle").Where(circle => circle.Element("title")?.Value.Contains("unexplained", StringComparison.Ordinal) == true)];
        Assert.All(marks, mark => Assert.Equal(
            mark.Element("title")!.Value.StartsWith($"{report.Spaces[0].Name}:", StringComparison.Ordinal) ? "heat4" : "heat0",
            (string?)mark.Attribute("class")));
        Assert.Contains(marks, mark => (string?)mark.Attribute("class") == "heat4");
        Assert.Contains(marks, mark => (string?)mark.Attribute("class") == "heat0");
    }

    [Fact]
    public void Describe_Cuts_AreToldInWords()
    {
        Assert.Equal("2 tasks share 5 layers; behind the cut, each has 3 layers of its own.",
            Describe(SampleReports.Zip(ZipCut.AfterLayers(5), null, "a", "b")));
        Assert.Equal("3 tasks share nothing: their networks stand side by side, with 8 layers each.",
            Describe(SampleReports.Zip(ZipCut.Nothing, null, "a", "b", "c")));
        Assert.Equal("2 tasks share all 8 layers, heads included.", Describe(SampleReports.Zip(ZipCut.Everything, null, "a", "b")));
        ZipResult inner = SampleReports.Zip(ZipCut.AfterLayers(7), null, "a", "b");
        Assert.Equal("3 tasks share 3 layers; behind the cut, each has 5 layers, some of which it shares with another.",
            Describe(SampleReports.Zip([new ZipMember("ab", inner.Network), new ZipMember("c", SampleReports.CreateNetwork(9))], ZipCut.AfterLayers(3))));
        Assert.Equal("A network of 8 layers with one output.", NetworkDrawing.Describe(new MergeSection(SampleReports.CreateNetwork(1))));
    }

    [Fact]
    public void Write_NetworkOfTooManyLayers_IsToldInWords()
    {
        Node node = new("input", new Input(1, 1, 1));
        var weight = new Tensor(1, 1, 1, 1);
        for (int i = 0; i < 3001; i++)
            node = new Node($"conv{i}", new Conv2d(weight), node);
        string page = SampleReports.Write(new ReportDocument("Deep") { Merge = new MergeSection(new Network(new Head("a", node))) });
        Assert.Contains("It has 3001 layers with weights for 1 task(s), which no drawing shows.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<svg", page, StringComparison.Ordinal);
    }

    [Fact]
    public void ColorOf_Members_IsThatOfTheirOutputs()
    {
        string[] members = ["ab", "c"], outputs = ["a", "b", "c"];
        Assert.Equal([3, 2], members.Select(member => NetworkLayout.ColorOf(member, members, outputs)));
    }

    private static string Describe(ZipResult zip) => NetworkDrawing.Describe(MergeSection.Of(zip));

    private static XElement Draw(MergeSection section, bool isUpright)
    {
        var writer = new StringWriter();
        NetworkDrawing.Draw(section, new MarkupWriter(writer), isUpright);
        return XElement.Parse(writer.ToString());
    }

    private static void AssertInside(XElement drawing)
    {
        double[] box = [.. drawing.Attribute("viewBox")!.Value.Split(' ').Select(value => double.Parse(value, CultureInfo.InvariantCulture))];
        double Of(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
        foreach (XElement rect in drawing.Descendants("rect"))
        {
            Assert.InRange(Of(rect, "x"), box[0], box[2]);
            Assert.InRange(Of(rect, "x") + Of(rect, "width"), box[0], box[2]);
            Assert.InRange(Of(rect, "y"), box[1], box[3]);
            Assert.InRange(Of(rect, "y") + Of(rect, "height"), box[1], box[3]);
        }

        foreach (XElement text in drawing.Descendants("text"))
        {
            double width = Lettering.Measure(text.Nodes().OfType<XText>().Single().Value, 11);
            if (text.Attribute("transform") is not null)
            {
                Assert.InRange(Of(text, "x"), box[0], box[2]);
                Assert.InRange(Of(text, "y") + width, box[1], box[3]);
                continue;
            }

            double start = Of(text, "x") - (string?)text.Attribute("text-anchor") switch { "middle" => width / 2, "end" => width, _ => 0 };
            Assert.InRange(start, box[0] - 1, box[2]);
            Assert.InRange(start + width, box[0], box[2] + 1);
        }
    }
}
