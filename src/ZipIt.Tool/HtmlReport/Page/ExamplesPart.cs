namespace ZipIt.Tool.HtmlReport;

/// <summary>Some images, with what each model says of them.</summary>
internal static class ExamplesPart
{
    /// <summary>Writes the strip of images.</summary>
    public static void Write(ExamplesSection examples, MarkupWriter markup)
    {
        using MarkupWriter.Scope section = markup.Open("section");
        markup.Element("h2", "Examples");
        using MarkupWriter.Scope list = markup.Open("ul", ("class", "examples"));
        foreach (ExampleImage image in examples.Images)
        {
            using (markup.Open("li"))
                WriteImage(image, markup);
            markup.Line();
        }
    }

    private static void WriteImage(ExampleImage image, MarkupWriter markup)
    {
        markup.Empty("img",
            ("src", $"data:image/png;base64,{Convert.ToBase64String(image.Png.Span)}"),
            ("alt", image.Label is null ? image.Name : $"{image.Name}, {image.Label}"),
            ("class", image.IsSmall ? "pixels" : null));
        using MarkupWriter.Scope text = markup.Open("div");
        markup.Element("h3", image.Label ?? image.Name);
        if (image.Label is not null)
            markup.Element("div", image.Name, ("class", "small"));
        using MarkupWriter.Scope verdicts = markup.Open("dl", ("class", "verdicts"));
        foreach (ExampleVerdict verdict in image.Verdicts)
        {
            markup.Element("dt", verdict.Model);
            using (markup.Open("dd"))
                WriteVerdict(verdict, image.Label, markup);
        }
    }

    private static void WriteVerdict(ExampleVerdict verdict, string? label, MarkupWriter markup)
    {
        string probability = double.IsNaN(verdict.Probability) ? "" : $" {100 * verdict.Probability:0} %";
        if (label is null)
        {
            markup.Text(verdict.Label + probability);
            return;
        }

        bool isRight = verdict.Label == label;
        markup.Element("span", isRight ? "✓" : "✗", ("class", isRight ? "good" : "bad"), ("role", "img"), ("aria-label", isRight ? "right" : "wrong"));
        markup.Text($" {verdict.Label}{probability}");
    }
}
