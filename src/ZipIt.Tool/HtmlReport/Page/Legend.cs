namespace ZipIt.Tool.HtmlReport;

/// <summary>Says what colours and marks stand for, in text that breaks where the screen ends.</summary>
internal static class Legend
{
    /// <summary>Writes the entries, each with a swatch that is drawn into 18 × 12.</summary>
    public static void Write(MarkupWriter markup, IEnumerable<(string Meaning, Action<Svg> Swatch)> entries)
    {
        using MarkupWriter.Scope list = markup.Open("ul", ("class", "legend"));
        foreach ((string meaning, Action<Svg> swatch) in entries)
        {
            using (markup.Open("li"))
            {
                using (markup.Open("svg", ("viewBox", "0 0 18 12"), ("aria-hidden", "true")))
                    swatch(new Svg(markup));
                markup.Text(meaning);
            }
        }
    }

    /// <summary>An entry for a colour.</summary>
    public static (string Meaning, Action<Svg> Swatch) Color(string meaning, string style) => (meaning, svg => svg.Rectangle(0, 0, 18, 12, style, 2));
}
