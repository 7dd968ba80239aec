using System.Globalization;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Tests.HtmlReport;

public class PlotTests
{
    [Theory]
    [InlineData(21.5, 82.7, 20, 90, 10)]
    [InlineData(0.9999, 2, 1, 2, 0.2)]
    [InlineData(99.05, 99.9, 99, 100, 0.2)]
    [InlineData(5, 5, 5, 6, 1)]
    public void Axis_Values_HasRoundEnds(double low, double high, double expectedLow, double expectedHigh, double step)
    {
        var axis = new Axis([low, double.NaN, high], 0, 1, 6, most: 100);
        Assert.Equal(expectedLow, axis.Low, 9);
        Assert.Equal(expectedHigh, axis.High, 9);
        Assert.Equal(step, axis.Step, 9);
        Assert.Equal(expectedHigh, axis.Ticks.Last(), 9);
    }

    [Fact]
    public void Fit_AnyText_TakesNoMoreThanItsRoom()
    {
        Prop.ForAll<NonNull<string>, PositiveInt>((text, room) =>
        {
            double width = 12 + room.Get;
            string shown = Lettering.Fit(text.Get, 11, width);
            Assert.True(Lettering.Measure(shown, 11) <= width);
            Assert.True(shown == text.Get || shown.Contains('…', StringComparison.Ordinal));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Curve_Points_StandInTheFrame()
    {
        CurveSection curve = SampleReports.CreateCurve();
        XElement plot = DrawCurve(curve);
        XElement[] marks = [.. plot.Descendants("circle")];
        Assert.Equal(5, marks.Length); // of two methods
        Assert.All(marks, mark =>
        {
            Assert.InRange(double.Parse(mark.Attribute("cx")!.Value, CultureInfo.InvariantCulture), 46, CurvePlot.Width - 14);
            Assert.InRange(double.Parse(mark.Attribute("cy")!.Value, CultureInfo.InvariantCulture), 20, CurvePlot.Height - 44);
        });
        Assert.Contains(marks, mark => mark.Value == "select and refit 13/20: 81.5\u00A0% at 1.34× (57.5\u00A0M)");
        Assert.Contains(marks, mark => mark.Value.StartsWith("ZipIt! 20/20: 52.8\u00A0%", StringComparison.Ordinal));
    }

    [Fact]
    public void Curve_Labels_LieOnNoMarkAndNoOtherLabel()
    {
        XElement plot = DrawCurve(SampleReports.CreateCurve());
        double Of(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
        string[] names = ["20/20", "13/20", "7/20", "weight averaging", "A alone", "ensemble"];
        XElement[] labels = [.. plot.Descendants("text").Where(text => names.Contains(text.Value))];
        Assert.True(labels.Length >= 6);
        (double Left, double Right, double Base)[] boxes =
            [.. labels.Select(label => (Of(label, "x"), Of(label, "x") + Lettering.Measure(label.Value, 10), Of(label, "y")))];
        for (int i = 0; i < boxes.Length; i++)
        {
            Assert.DoesNotContain(boxes[..i], other => boxes[i].Left < other.Right && other.Left < boxes[i].Right && Math.Abs(boxes[i].Base - other.Base) < 10);
            Assert.DoesNotContain(plot.Descendants("circle"), mark =>
                Of(mark, "cx") > boxes[i].Left && Of(mark, "cx") < boxes[i].Right && Of(mark, "cy") > boxes[i].Base - 9 && Of(mark, "cy") < boxes[i].Base);
        }
    }

    [Fact]
    public void Curve_OnePoint_IsDrawn()
    {
        var curve = new CurveSection(100, [new CurveSeries("best", CurveKind.Method, [new CurvePoint("all", 100, 0.5, double.NaN)])]);
        XElement plot = DrawCurve(curve);
        Assert.Single(plot.Descendants("circle"));
        Assert.DoesNotContain("NaN", plot.ToString(), StringComparison.Ordinal);
        Assert.False(CurvePlot.Has(curve, point => point.AverageAccuracy));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(24)]
    public void Confusion_FewClasses_NamesClassesAndNumbers(int classes)
    {
        string[] labels = [.. Enumerable.Range(0, classes).Select(c => $"c{c}")];
        ModelEvaluation model = SampleReports.CreateEvaluation("zipped", labels);
        XElement plot = DrawConfusion(model);
        Assert.All(labels, label => Assert.Equal(2, plot.Descendants("text").Count(text => text.Nodes().OfType<XText>().SingleOrDefault()?.Value == label)));
        Assert.Equal(classes, plot.Descendants("rect").Count(rect => ((string?)rect.Attribute("class"))!.StartsWith("right ", StringComparison.Ordinal)));
        double first = model.Confusion[0, 0];
        XElement number = plot.Descendants("text").First(text => ((string?)text.Attribute("class"))!.StartsWith("count", StringComparison.Ordinal));
        Assert.Equal(classes > 20 ? $"{2 * first}" : $"{first}", number.Value); // in small cells, shares of its 50 images in %
    }

    [Fact]
    public void Confusion_HundredClasses_TakesFewElements()
    {
        string[] labels = [.. Enumerable.Range(0, 100).Select(c => $"class {c}")];
        XElement plot = DrawConfusion(SampleReports.CreateEvaluation("zipped", labels, tasks: 4));
        Assert.InRange(plot.Descendants("path").Count(), 2, 2 * StyleSheet.Shades);
        Assert.Equal(6, plot.Descendants("line").Count()); // between four tasks
        Assert.True(plot.ToString().Length < 60_000);
    }

    [Fact]
    public void FindMistakes_Matrix_NamesTheMostFrequentFirst()
    {
        ModelEvaluation model = SampleReports.CreateEvaluation("zipped", ["a", "b", "c", "d"]);
        model.Confusion[2, 0] = 25;
        Assert.Equal(("c", "a", 25L), ConfusionPlot.FindMistakes(model, 1).Select(mistake => (mistake.True, mistake.Named, mistake.Images)).Single());
    }

    [Fact]
    public void Confusion_ClassWithoutImages_IsEmpty()
    {
        ModelEvaluation model = SampleReports.CreateEvaluation("zipped", ["a", "b"]);
        model.Confusion.Row(1).Clear();
        string page = SampleReports.Write(new ReportDocument("x") { Evaluation = new EvaluationSection([model]) });
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
    }

    private static XElement DrawCurve(CurveSection curve) => Draw(svg => CurvePlot.Draw(curve, point => point.JointAccuracy, "Joint", svg));

    private static XElement Draw(Action<Svg> draw)
    {
        var writer = new StringWriter();
        var markup = new MarkupWriter(writer);
        var svg = new Svg(markup);
        using (svg.Open(CurvePlot.Width, CurvePlot.Height, "title", "description", "plot"))
            draw(svg);
        return XElement.Parse(writer.ToString());
    }

    private static XElement DrawConfusion(ModelEvaluation model)
    {
        var writer = new StringWriter();
        ConfusionPlot.Draw(model, new MarkupWriter(writer));
        return XElement.Parse(writer.ToString());
    }
}
