namespace ZipIt.Tool.HtmlReport;

/// <summary>Writes the shapes of a figure in SVG. What they look like is left to classes and their style sheet.</summary>
/// <param name="markup">Where.</param>
internal sealed class Svg(MarkupWriter markup)
{
    private const double Margin = 12; // of a file

    /// <summary>Begins a figure, which ends when the result is disposed.</summary>
    /// <param name="width">Width of its own units.</param>
    /// <param name="height">Height of its own units.</param>
    /// <param name="title">What it shows, for those who cannot see it.</param>
    /// <param name="description">What is to be seen in it, for the same.</param>
    /// <param name="style">Name of the class of the figure.</param>
    /// <param name="isFile">Whether it is a file of its own, which brings its style and its ground.</param>
    /// <param name="scale">Number of pixels of a unit where there is room; null to fill the room.</param>
    public MarkupWriter.Scope Open(
        double width, double height, string title, string description, string style, bool isFile = false, double? scale = null)
    {
        double margin = isFile ? Margin : 0;
        (double whole, double high) = (width + 2 * margin, height + 2 * margin);
        string titleId = markup.NextId(), descriptionId = markup.NextId();
        MarkupWriter.Scope scope = markup.Open("svg",
            ("xmlns", isFile ? "http://www.w3.org/2000/svg" : null),
            ("class", $"figure {style}"),
            ("viewBox", $"{Number(-margin)} {Number(-margin)} {Number(whole)} {Number(high)}"),
            ("width", isFile || scale is not null ? Number(whole * (scale ?? 1)) : null),
            ("height", isFile || scale is not null ? Number(high * (scale ?? 1)) : null),
            ("role", "img"),
            ("aria-labelledby", $"{titleId} {descriptionId}"));
        markup.Element("title", title, ("id", titleId));
        markup.Element("desc", description, ("id", descriptionId));
        if (isFile)
        {
            using (markup.Open("style"))
                markup.Raw(StyleSheet.Figures);
            Rectangle(0.5 - margin, 0.5 - margin, whole - 1, high - 1, "ground", 10);
        }

        markup.Line();
        return scope;
    }

    /// <summary>A rectangle, with a tip if there is something to say about it.</summary>
    public void Rectangle(double x, double y, double width, double height, string style, double radius = 0, string? tip = null)
    {
        ReadOnlySpan<(string, string?)> attributes =
        [
            ("class", style), ("x", Number(x)), ("y", Number(y)), ("width", Number(Math.Max(0, width))), ("height", Number(Math.Max(0, height))),
            ("rx", radius > 0 ? Number(radius) : null),
        ];
        Write("rect", tip, attributes);
    }

    /// <summary>A straight line.</summary>
    public void Line(double x1, double y1, double x2, double y2, string style) =>
        markup.Empty("line", ("class", style), ("x1", Number(x1)), ("y1", Number(y1)), ("x2", Number(x2)), ("y2", Number(y2)));

    /// <summary>A circle.</summary>
    public void Circle(double x, double y, double radius, string style, string? tip = null) =>
        Write("circle", tip, [("class", style), ("cx", Number(x)), ("cy", Number(y)), ("r", Number(radius))]);

    /// <summary>A path.</summary>
    /// <param name="data">What SVG calls its data; see <see cref="At"/>.</param>
    /// <param name="style">Name of its class.</param>
    /// <param name="width">Width of its stroke; null for that of the class.</param>
    /// <param name="tip">What there is to say about it.</param>
    public void Path(string data, string style, double? width = null, string? tip = null) =>
        Write("path", tip, [("class", style), ("d", data), ("stroke-width", width is { } own ? Number(own) : null)]);

    /// <summary>A line of text.</summary>
    /// <param name="x">Where it starts, has its middle or ends, as the anchor says.</param>
    /// <param name="y">Its base line.</param>
    /// <param name="text">The text.</param>
    /// <param name="style">Name of its class.</param>
    /// <param name="anchor">start, middle or end.</param>
    /// <param name="turn">Degrees to turn it by, clockwise.</param>
    /// <param name="tip">What there is to say about it, e.g. the whole of a text that was shortened.</param>
    public void Text(double x, double y, string text, string style, string anchor = "start", double turn = 0, string? tip = null)
    {
        using (markup.Open("text", ("class", style), ("x", Number(x)), ("y", Number(y)), ("text-anchor", anchor == "start" ? null : anchor),
            ("transform", turn == 0 ? null : $"rotate({Number(turn)} {Number(x)} {Number(y)})")))
        {
            if (tip is not null)
                markup.Element("title", tip);
            markup.Text(text);
        }
    }

    /// <summary>A point in the data of a path.</summary>
    public static string At(double x, double y) => $"{Number(x)} {Number(y)}";

    /// <inheritdoc cref="MarkupWriter.Number"/>
    public static string Number(double value) => MarkupWriter.Number(value);

    private void Write(string name, string? tip, ReadOnlySpan<(string, string?)> attributes)
    {
        if (tip is null)
        {
            markup.Empty(name, attributes);
            return;
        }

        using (markup.Open(name, attributes))
            markup.Element("title", tip);
    }
}
