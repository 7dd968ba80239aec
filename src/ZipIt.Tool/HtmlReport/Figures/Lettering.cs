namespace ZipIt.Tool.HtmlReport;

/// <summary>How much room text takes in a figure. No font is asked: the widths are those of a usual sans-serif, a little generous.</summary>
internal static class Lettering
{
    private const double MeanWidth = 0.56; // of the font size
    private const double WideWidth = 1.05;

    /// <summary>Width of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="size">Font size.</param>
    public static double Measure(string text, double size) => text.EnumerateRunes().Sum(rune => rune.Value >= 0x1100 ? WideWidth : MeanWidth) * size;

    /// <summary>A text that takes no more than a width; one that is too long loses its middle.</summary>
    /// <param name="text">The text.</param>
    /// <param name="size">Font size.</param>
    /// <param name="width">The width.</param>
    public static string Fit(string text, double size, double width)
    {
        if (Measure(text, size) <= width)
            return text;
        string[] runes = [.. text.EnumerateRunes().Select(rune => rune.ToString())];
        for (int kept = Math.Min(runes.Length - 1, (int)(width / size / MeanWidth)); kept > 1; kept--)
        {
            string shorter = string.Concat([.. runes[..(kept / 2)], "…", .. runes[^((kept - 1) / 2)..]]);
            if (Measure(shorter, size) <= width)
                return shorter;
        }

        return "…";
    }
}
