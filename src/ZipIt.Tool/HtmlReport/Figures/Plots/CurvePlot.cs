namespace ZipIt.Tool.HtmlReport;

/// <summary>Plots accuracy against cost: a line for each method, marks for what it is compared with.</summary>
internal sealed class CurvePlot
{
    /// <summary>Width and height of one plot.</summary>
    public const double Width = 410, Height = 320;

    private const double Left = 46, Right = 14, Top = 34, Bottom = 44, Inset = 14, SmallSize = 11.5;

    private readonly CurveSection _curve;
    private readonly Func<CurvePoint, double> _accuracy;
    private readonly Svg _svg;
    private readonly Axis _costs;
    private readonly Axis _accuracies;
    private readonly List<(double Left, double Top, double Right, double Bottom)> _taken = [];
    private readonly List<(double Left, double Top, double Right, double Bottom)> _limits = [];

    private CurvePlot(CurveSection curve, Func<CurvePoint, double> accuracy, Svg svg, double x, double y)
    {
        (_curve, _accuracy, _svg) = (curve, accuracy, svg);
        CurvePoint[] points = [.. curve.Series.SelectMany(series => series.Points).Where(point => double.IsFinite(accuracy(point)))];
        _costs = new Axis(points.Select(CostOf), x + Left + Inset, x + Width - Right - Inset, 5);
        _accuracies = new Axis(points.Select(point => 100 * accuracy(point)), y + Height - Bottom, y + Top, 6, most: 100);
    }

    /// <summary>Whether there is anything to plot.</summary>
    public static bool Has(CurveSection curve, Func<CurvePoint, double> accuracy) =>
        curve.Series.SelectMany(series => series.Points).Any(point => double.IsFinite(accuracy(point)));

    /// <summary>Plots one accuracy.</summary>
    /// <param name="curve">The points.</param>
    /// <param name="accuracy">Which accuracy.</param>
    /// <param name="title">What it is called.</param>
    /// <param name="svg">The figure.</param>
    /// <param name="x">Left edge.</param>
    /// <param name="y">Upper edge.</param>
    public static void Draw(CurveSection curve, Func<CurvePoint, double> accuracy, string title, Svg svg, double x = 0, double y = 0)
    {
        var plot = new CurvePlot(curve, accuracy, svg, x, y);
        plot.DrawAxes(title, x, y);
        plot.DrawSeries();
    }

    /// <summary>What the plot shows, as a sentence.</summary>
    public static string Describe(CurveSection curve, Func<CurvePoint, double> accuracy)
    {
        string Tell(CurvePoint point) => $"{Format.Percent(accuracy(point))} at {Format.Factor((double)point.MultiplyAdds / curve.UnitMultiplyAdds)}";
        var parts = new List<string>();
        foreach (CurveSeries series in curve.Series)
        {
            CurvePoint[] points = [.. series.Points.Where(point => double.IsFinite(accuracy(point))).OrderBy(point => point.MultiplyAdds)];
            if (points.Length > 0)
                parts.Add(points.Length == 1 ? $"{series.Name}: {Tell(points[0])}" : $"{series.Name}: from {Tell(points[0])} to {Tell(points[^1])}");
        }

        return string.Join("; ", parts) + ".";
    }

    /// <summary>Name of the colour of a series: methods have one of their own, what they are compared with is grey.</summary>
    public static string ColorOf(CurveSection curve, CurveSeries series)
    {
        int index = curve.Series.Where(other => other.Kind == CurveKind.Method).ToList().IndexOf(series);
        return index >= 0 ? $"task{index % StyleSheet.TaskColors}" : "shared";
    }

    /// <summary>What tells a point from others of its series.</summary>
    public static string ShortNameOf(CurveSeries series, CurvePoint point) =>
        point.Name.StartsWith(series.Name, StringComparison.Ordinal) ? point.Name[series.Name.Length..].TrimStart(' ', ',') : point.Name;

    /// <summary>Draws the mark of a series.</summary>
    public static void DrawMark(Svg svg, CurveKind kind, string color, double x, double y, string? tip = null)
    {
        string Corners(params ReadOnlySpan<(double X, double Y)> corners)
        {
            var points = new List<string>();
            foreach ((double dx, double dy) in corners)
                points.Add(Svg.At(x + dx, y + dy));
            return $"M{string.Join('L', points)}Z";
        }

        switch (kind)
        {
            case CurveKind.Method:
                svg.Circle(x, y, 4.5, $"mark {color}", tip);
                break;
            case CurveKind.Baseline:
                svg.Path(Corners((-4, -4), (4, -4), (4, 4), (-4, 4)), $"hollow {color}", tip: tip);
                break;
            case CurveKind.Member:
                svg.Path(Corners((0, -5.5), (5, 4), (-5, 4)), $"hollow {color}", tip: tip);
                break;
            default:
                svg.Path(Corners((0, -6), (6, 0), (0, 6), (-6, 0)), $"mark {color}", tip: tip);
                break;
        }
    }

    private static string NameOf(CurveSeries series, CurvePoint point) =>
        point.Name.StartsWith(series.Name, StringComparison.Ordinal) ? point.Name : $"{series.Name} {point.Name}".TrimEnd();

    private double CostOf(CurvePoint point) => (double)point.MultiplyAdds / Math.Max(1, _curve.UnitMultiplyAdds);

    private void DrawAxes(string title, double x, double y)
    {
        _svg.Text(x + Left - 34, y + 16, title, "heading");
        foreach (double tick in _accuracies.Ticks)
        {
            double place = _accuracies.Place(tick);
            _svg.Line(x + Left, place, x + Width - Right, place, "grid");
            _svg.Text(x + Left - 7, place + 4, $"{tick:0.##}", "note", "end");
        }

        foreach (double tick in _costs.Ticks)
        {
            double place = _costs.Place(tick);
            _svg.Line(place, y + Height - Bottom, place, y + Height - Bottom + 4, "axis");
            _svg.Text(place, y + Height - Bottom + 17, $"{tick:0.##}×", "note", "middle");
        }

        _svg.Line(x + Left, y + Height - Bottom, x + Width - Right, y + Height - Bottom, "axis");
        _svg.Text(x + (Left + Width - Right) / 2, y + Height - 8, "multiply-adds, one network alone = 1×", "faint", "middle");
        _svg.Text(x + Left - 7, y + Top - 7, "%", "faint", "end");
    }

    private void DrawSeries()
    {
        (CurveSeries Series, CurvePoint Point, double X, double Y)[] places = [.. from series in _curve.Series
                                                                                  from point in series.Points
                                                                                  where double.IsFinite(_accuracy(point))
                                                                                  select (series, point, _costs.Place(CostOf(point)), PlaceOf(point))];
        foreach ((_, _, double x, double y) in places)
            _taken.Add((x - 6, y - 6, x + 6, y + 6));
        foreach (CurveSeries series in _curve.Series)
        {
            (double X, double Y)[] line = [.. places.Where(place => place.Series == series).OrderBy(place => place.X).Select(place => (place.X, place.Y))];
            if (series.Kind == CurveKind.Ensemble && line.Length > 0)
            {
                double best = line.Min(place => place.Y);
                _svg.Line(_costs.Place(_costs.Low) - Inset, best, _costs.Place(_costs.High) + Inset, best, "limit");
                _limits.Add((_costs.Place(_costs.Low) - Inset, best - 1, _costs.Place(_costs.High) + Inset, best + 1));
            }

            if (series.Kind == CurveKind.Method && line.Length > 1)
            {
                _svg.Path("M" + string.Join('L', line.Select(place => Svg.At(place.X, place.Y))), $"curve {ColorOf(_curve, series)}");
                for (int i = 1; i < line.Length; i++)
                    Take(line[i - 1], line[i]);
            }
        }

        foreach ((CurveSeries series, CurvePoint point, double x, double y) in places)
        {
            string name = NameOf(series, point);
            string tip = $"{name}: {Format.Percent(_accuracy(point))} at {Format.Factor(CostOf(point))} ({Format.Magnitude(point.MultiplyAdds)})";
            DrawMark(_svg, series.Kind, ColorOf(_curve, series), x, y, tip);
        }

        // What stands alone needs its name most; a line has its colour.
        foreach ((CurveSeries series, CurvePoint point, double x, double y) in places.OrderBy(place => place.Series.Kind == CurveKind.Method))
        {
            string text = series.Kind switch
            {
                CurveKind.Method => ShortNameOf(series, point),
                CurveKind.Baseline when series.Points.Count == 1 => series.Name,
                _ => NameOf(series, point),
            };
            string shown = Lettering.Fit(text, SmallSize, 130);
            if (!DrawLabel(shown, x, y, [.. _taken, .. _limits]))
                DrawLabel(shown, x, y, _taken);
        }
    }

    private double PlaceOf(CurvePoint point) => _accuracies.Place(100 * _accuracy(point));

    /// <summary>Labels shall not lie on lines.</summary>
    private void Take((double X, double Y) from, (double X, double Y) to)
    {
        int steps = Math.Max(1, (int)(Math.Max(Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y)) / 6));
        for (int i = 1; i < steps; i++)
        {
            double x = from.X + (to.X - from.X) * i / steps, y = from.Y + (to.Y - from.Y) * i / steps;
            _taken.Add((x - 2, y - 2, x + 2, y + 2));
        }
    }

    /// <summary>A name beside a mark, where there is room; without any, none: the table has it.</summary>
    private bool DrawLabel(string text, double x, double y, IReadOnlyList<(double Left, double Top, double Right, double Bottom)> taken)
    {
        double width = Lettering.Measure(text, SmallSize), height = SmallSize;
        double least = _costs.Place(_costs.Low) - Inset, most = _costs.Place(_costs.High) + Inset;
        ReadOnlySpan<(double X, double Y)> places =
        [
            (x - width / 2, y - 9), (x + 9, y + 4), (x - width / 2, y + 18), (x - width - 9, y + 4), (x + 6, y - 7), (x + 6, y + 15), (x - width - 6, y - 7),
            (x - width - 6, y + 15), (x - width + 6, y - 14), (x - width + 6, y + 24), (x - 6, y - 14), (x - 6, y + 24),
        ];
        foreach ((double left, double bottom) in places)
        {
            (double Left, double Top, double Right, double Bottom) box = (left, bottom - height + 2, left + width, bottom + 2);
            bool fits = box.Left >= least && box.Right <= most
                && box.Top >= _accuracies.Place(_accuracies.High) - 12 && box.Bottom <= _accuracies.Place(_accuracies.Low);
            if (!fits || taken.Any(other => box.Left < other.Right && other.Left < box.Right && box.Top < other.Bottom && other.Top < box.Bottom))
                continue;
            _svg.Text(left, bottom, text, "note");
            _taken.Add(box);
            return true;
        }

        return false;
    }
}
