using System.Globalization;
using ZipIt.Tool.HtmlReport;

namespace Reproduction.Results;

/// <summary>Draws a plot: a line with marks for each series, and what they are called.</summary>
internal static class LinePlot
{
    private const double Width = 520, Height = 330, Left = 46, Right = 14, Top = 46, Bottom = 48, Inset = 16, LegendRow = 20;

    /// <summary>Writes the plot.</summary>
    /// <param name="plot">What it shows.</param>
    /// <param name="markup">Where.</param>
    /// <param name="isFile">Whether it is a file of its own.</param>
    public static void Write(ResultPlot plot, MarkupWriter markup, bool isFile)
    {
        (double X, double Y)[] legend = PlaceLegend(plot, out double legendHeight);
        var svg = new Svg(markup);
        using (svg.Open(Width, Height + legendHeight, plot.Title, Describe(plot), "plot", isFile))
        {
            var values = new Axis(plot.Series.SelectMany(series => series.Values), Height - Bottom, Top, 6, most: plot.Unit == "%" ? 100 : double.PositiveInfinity);
            DrawAxes(plot, svg, values);
            for (int s = 0; s < plot.Series.Count; s++)
            {
                DrawSeries(plot, s, svg, values);
                (double x, double y) = (legend[s].X, Height + legend[s].Y);
                svg.Line(x, y, x + 18, y, StyleOf(plot, s, "curve"));
                svg.Circle(x + 9, y, 3.5, StyleOf(plot, s, "mark"));
                svg.Text(x + 25, y + 4, plot.Series[s].Name, "note");
            }
        }

        markup.Line();
    }

    private static void DrawAxes(ResultPlot plot, Svg svg, Axis values)
    {
        svg.Text(12, 16, plot.Title, "heading");
        foreach (double tick in values.Ticks)
        {
            svg.Line(Left, values.Place(tick), Width - Right, values.Place(tick), "grid");
            svg.Text(Left - 7, values.Place(tick) + 4, tick.ToString("0.###", CultureInfo.InvariantCulture), "note", "end");
        }

        // Names of places are left out where they would lie on each other.
        double room = (Width - Left - Right) / plot.Places.Count;
        int step = Math.Max(1, (int)Math.Ceiling((plot.Places.Max(place => Lettering.Measure(place, 11)) + 8) / room));
        for (int i = 0; i < plot.Places.Count; i++)
        {
            svg.Line(PlaceOf(plot, i), Height - Bottom, PlaceOf(plot, i), Height - Bottom + 4, "axis");
            if (i % step == 0)
                svg.Text(PlaceOf(plot, i), Height - Bottom + 17, plot.Places[i], "note", "middle");
        }

        svg.Line(Left, Height - Bottom, Width - Right, Height - Bottom, "axis");
        svg.Text((Left + Width - Right) / 2, Height - 12, plot.HorizontalTitle, "faint", "middle");
        svg.Text(Left - 7, Top - 7, plot.Unit, "faint", "end");
    }

    private static void DrawSeries(ResultPlot plot, int index, Svg svg, Axis values)
    {
        ResultSeries series = plot.Series[index];
        (double X, double Y, int Place)[] points = [.. Enumerable.Range(0, series.Values.Count)
            .Where(i => double.IsFinite(series.Values[i]))
            .Select(i => (PlaceOf(plot, i), values.Place(series.Values[i]), i))];
        if (points.Length > 1)
            svg.Path("M" + string.Join('L', points.Select(point => Svg.At(point.X, point.Y))), StyleOf(plot, index, "curve"));
        foreach ((double x, double y, int place) in points)
            svg.Circle(x, y, 3.5, StyleOf(plot, index, "mark"), $"{series.Name}, {plot.Places[place]}: {series.Values[place].ToString("0.##", CultureInfo.InvariantCulture)} {plot.Unit}");
    }

    private static double PlaceOf(ResultPlot plot, int index) => plot.Places.Count == 1
        ? (Left + Width - Right) / 2
        : Left + Inset + index * (Width - Left - Right - 2 * Inset) / (plot.Places.Count - 1);

    private static string StyleOf(ResultPlot plot, int index, string kind)
    {
        int color = plot.Series.Take(index).Count(series => !series.IsForComparison);
        return plot.Series[index].IsForComparison ? $"{kind} shared" : $"{kind} task{color % StyleSheet.TaskColors}";
    }

    private static (double X, double Y)[] PlaceLegend(ResultPlot plot, out double height)
    {
        var places = new (double, double)[plot.Series.Count];
        double x = Left, y = 0;
        for (int s = 0; s < places.Length; s++)
        {
            double length = 46 + Lettering.Measure(plot.Series[s].Name, 11);
            if (x > Left && x + length > Width)
                (x, y) = (Left, y + LegendRow);
            places[s] = (x, y + 4);
            x += length;
        }

        height = y + LegendRow;
        return places;
    }

    private static string Describe(ResultPlot plot) => string.Join("; ", plot.Series.Select(series =>
        $"{series.Name}: {string.Join(", ", series.Values.Select((value, i) => (value, i)).Where(point => double.IsFinite(point.value))
            .Select(point => $"{point.value.ToString("0.#", CultureInfo.InvariantCulture)} at {plot.Places[point.i]}"))}")) + ".";
}
