namespace ZipIt.Tool.HtmlReport;

/// <summary>Accuracy against cost.</summary>
internal static class CurvePart
{
    private static readonly (string Title, Func<CurvePoint, double> Accuracy)[] Panels =
    [
        ("Among the classes of all tasks", point => point.JointAccuracy),
        ("Within each task, mean", point => point.AverageAccuracy),
    ];

    /// <summary>Writes plots and table.</summary>
    public static void Write(CurveSection curve, MarkupWriter markup)
    {
        using MarkupWriter.Scope section = markup.Open("section");
        markup.Element("h2", "Accuracy against cost");
        string images = curve.Images.Length > 0 ? $", measured on {curve.Images}" : "";
        markup.Element("p", $"Accuracy in %{images}; cost in multiples of one network’s {Format.Magnitude(curve.UnitMultiplyAdds)} multiply-adds. "
            + "The dashed line is what all networks side by side reach.", ("class", "lead"));
        Legend.Write(markup, ListEntries(curve));
        using (markup.Open("div", ("class", "panels")))
        {
            foreach ((string title, Func<CurvePoint, double> accuracy) in Panels.Where(panel => CurvePlot.Has(curve, panel.Accuracy)))
            {
                var svg = new Svg(markup);
                using (svg.Open(CurvePlot.Width, CurvePlot.Height, $"Accuracy against cost: {title}", CurvePlot.Describe(curve, accuracy), "plot"))
                    CurvePlot.Draw(curve, accuracy, title, svg);
                markup.Line();
            }
        }

        using MarkupWriter.Scope details = markup.Open("details");
        markup.Element("summary", "All numbers");
        new TableWriter(markup).Write("Accuracy against cost", ["network", "point", "cost", "multiply-adds", "joint %", "tasks %"],
            curve.Series.SelectMany(series => series.Points.Select(point => (string[])
            [
                series.Name,
                CurvePlot.ShortNameOf(series, point),
                Format.Factor((double)point.MultiplyAdds / Math.Max(1, curve.UnitMultiplyAdds)),
                Format.Magnitude(point.MultiplyAdds),
                Format.PercentNumber(point.JointAccuracy),
                Format.PercentNumber(point.AverageAccuracy),
            ])), texts: 2);
    }

    /// <summary>Writes both plots as a file of their own.</summary>
    public static void WriteFile(CurveSection curve, MarkupWriter markup)
    {
        const double Gap = 16, Row = 22;
        var svg = new Svg(markup);
        (string Title, Func<CurvePoint, double> Accuracy)[] panels = [.. Panels.Where(panel => CurvePlot.Has(curve, panel.Accuracy))];
        double width = panels.Length * CurvePlot.Width + (panels.Length - 1) * Gap;
        (double X, double Y, string Name, CurveSeries Series)[] legend = [.. PlaceLegend(curve, width)];
        double head = 6 + (1 + legend.Select(entry => entry.Y).DefaultIfEmpty().Max()) * Row;
        string description = string.Join(" ", panels.Select(panel => $"{panel.Title}: {CurvePlot.Describe(curve, panel.Accuracy)}"));
        using (svg.Open(width, head + CurvePlot.Height, "Accuracy against cost", description, "plot", isFile: true))
        {
            foreach ((double x, double y, string name, CurveSeries series) in legend)
            {
                double middle = 8 + y * Row;
                if (series.Kind == CurveKind.Method)
                    svg.Line(x, middle, x + 18, middle, $"curve {CurvePlot.ColorOf(curve, series)}");
                CurvePlot.DrawMark(svg, series.Kind, CurvePlot.ColorOf(curve, series), x + 9, middle);
                svg.Text(x + 25, middle + 4, name, "note");
            }

            for (int i = 0; i < panels.Length; i++)
                CurvePlot.Draw(curve, panels[i].Accuracy, panels[i].Title, svg, i * (CurvePlot.Width + Gap), head);
        }

        markup.Line();
    }

    /// <summary>Methods have a colour, what stands alone has its name beside it.</summary>
    private static IEnumerable<(string Meaning, Action<Svg> Swatch)> ListEntries(CurveSection curve) => ListLegend(curve).Select(entry =>
        (entry.Name, (Action<Svg>)(svg =>
        {
            if (entry.Series.Kind == CurveKind.Method)
                svg.Line(0, 6, 18, 6, $"curve {CurvePlot.ColorOf(curve, entry.Series)}");
            CurvePlot.DrawMark(svg, entry.Series.Kind, CurvePlot.ColorOf(curve, entry.Series), 9, 6);
        })));

    private static IEnumerable<(double X, double Y, string Name, CurveSeries Series)> PlaceLegend(CurveSection curve, double width)
    {
        double x = 0, row = 0;
        foreach ((string name, CurveSeries series) in ListLegend(curve))
        {
            double length = 46 + Lettering.Measure(name, 11);
            if (x > 0 && x + length > width)
                (x, row) = (0, row + 1);
            yield return (x, row, name, series);
            x += length;
        }
    }

    private static IEnumerable<(string Name, CurveSeries Series)> ListLegend(CurveSection curve)
    {
        foreach (CurveSeries series in curve.Series.Where(series => series.Kind == CurveKind.Method))
            yield return (series.Name, series);
        foreach ((CurveKind kind, string name) in ((CurveKind, string)[])
            [(CurveKind.Baseline, "for comparison"), (CurveKind.Member, "one network alone"), (CurveKind.Ensemble, "all networks side by side")])
        {
            if (curve.Series.FirstOrDefault(series => series.Kind == kind) is { } series)
                yield return (name, series);
        }
    }
}
