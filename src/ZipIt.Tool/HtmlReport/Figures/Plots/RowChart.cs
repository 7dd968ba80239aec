using ZipIt.Merging;

namespace ZipIt.Tool.HtmlReport;

/// <summary>Charts with one row for each space or layer, so that hundreds of them can be read on any screen.</summary>
internal static class RowChart
{
    private const int MostRows = 14; // of one chart, until a further one stands beside it
    private const double Width = 360;
    private const double Names = 118;
    private const double RowHeight = 19;
    private const double TextSize = 11;

    /// <summary>How the features of each space came together: kept, merged within each member or between them; and what stays unexplained.</summary>
    /// <param name="report">The report.</param>
    /// <param name="members">Names of the members.</param>
    /// <param name="colors">Their colours.</param>
    /// <param name="markup">Receives the charts.</param>
    public static void DrawSpaces(ZipReport report, IReadOnlyList<string> members, IReadOnlyList<string> colors, MarkupWriter markup)
    {
        const double End = Width - 64;
        DrawCharts(report.Spaces, "Features of each space", "Bars of what was kept, merged within and between the networks.", markup, (svg, space, y) =>
        {
            DrawName(svg, space.Name, y);
            double total = space.Width + space.MergesWithin.Sum() + space.MergesAcross, x = Names;
            void DrawPart(int count, string color, string what)
            {
                double width = total > 0 ? count / total * (End - Names) : 0;
                if (count > 0)
                    svg.Rectangle(x, y - 10, Math.Max(0.5, width - 1), 12, $"bar {color}", 2, $"{space.Name}: {count} {what}");
                x += width;
            }

            DrawPart(space.Width, "shared", "features kept");
            for (int m = 0; m < Math.Min(members.Count, space.MergesWithin.Count); m++)
                DrawPart(space.MergesWithin[m], colors[m], $"merged within {members[m]}");
            DrawPart(space.MergesAcross, "between", "merged between networks");
            string share = Format.Percent(space.Unexplained);
            svg.Circle(End + 10, y - 4, 4, $"heat{StyleSheet.HeatOf(space.Unexplained)}", $"{space.Name}: {share} of the variance stays unexplained");
            svg.Text(Width, y, share, "note", "end");
        });
    }

    /// <summary>Error of each layer before and after the refit.</summary>
    /// <param name="layers">The layers of one lane.</param>
    /// <param name="heading">Whose they are.</param>
    /// <param name="color">Colour of the lane.</param>
    /// <param name="most">The largest error of the scale.</param>
    /// <param name="prefix">What all their names begin with, which is not shown.</param>
    /// <param name="markup">Receives the charts.</param>
    public static void DrawLayers(IReadOnlyList<LayerReport> layers, string heading, string color, double most, string prefix, MarkupWriter markup)
    {
        const double End = Width - 84;
        double Place(double error) => Names + 5 + Math.Clamp(double.IsNaN(error) ? 0 : error / most, 0, 1) * (End - Names - 10);
        string title = $"{heading}: error of each layer before and after the refit";
        DrawCharts(layers, title, "Hollow marks: before; filled marks: after.", markup, (svg, layer, y) =>
        {
            string name = layer.Name.StartsWith(prefix, StringComparison.Ordinal) ? layer.Name[prefix.Length..] : layer.Name;
            DrawName(svg, name, y);
            double before = Place(layer.ErrorBefore), after = Place(layer.ErrorAfter);
            svg.Line(Names, y - 4, End, y - 4, "track");
            svg.Line(before, y - 4, after, y - 4, $"link {color}");
            string tip = $"{layer.Name}: {Format.Percent(layer.ErrorBefore)} before, {Format.Percent(layer.ErrorAfter)} after";
            svg.Circle(before, y - 4, 3.5, $"hollow {color}", tip);
            svg.Circle(after, y - 4, 4, $"mark {color}", tip);
            svg.Text(Width, y, $"{Format.PercentNumber(layer.ErrorBefore)} → {Format.Percent(layer.ErrorAfter)}", "note", "end");
        }, heading);
    }

    private static void DrawName(Svg svg, string name, double y)
    {
        string shown = Lettering.Fit(name, TextSize, Names - 8);
        svg.Text(0, y, shown, "note", tip: shown == name ? null : name);
    }

    private static void DrawCharts<T>(
        IReadOnlyList<T> rows, string title, string description, MarkupWriter markup, Action<Svg, T, double> draw, string? heading = null)
    {
        int charts = (rows.Count + MostRows - 1) / MostRows, most = charts == 0 ? 0 : (rows.Count + charts - 1) / charts;
        for (int start = 0; start < rows.Count; start += most)
        {
            T[] own = [.. rows.Skip(start).Take(most)];
            string part = charts == 1 ? "" : $", {start + 1} to {start + own.Length} of {rows.Count}";
            var svg = new Svg(markup);
            using (markup.Open("div"))
            {
                if (heading is not null)
                    markup.Element("h3", heading + part);
                using (svg.Open(Width, own.Length * RowHeight + 4, title + part, $"{description} The table below has the numbers.", "rows"))
                {
                    for (int i = 0; i < own.Length; i++)
                        draw(svg, own[i], (i + 1) * RowHeight - 4);
                }
            }

            markup.Line();
        }
    }
}
