namespace ZipIt.Tool.HtmlReport;

/// <summary>Writes a table that scrolls for itself where the screen is narrow.</summary>
/// <param name="markup">Where.</param>
internal sealed class TableWriter(MarkupWriter markup)
{
    /// <summary>Writes a table whose first column names its rows; the columns of numbers stand right.</summary>
    /// <param name="caption">What it holds.</param>
    /// <param name="columns">Names of the columns.</param>
    /// <param name="rows">The cells of each row.</param>
    /// <param name="texts">How many columns, from the first one on, hold text.</param>
    /// <param name="isBest">Which cells stand out, by row and column.</param>
    public void Write(
        string caption, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, int texts = 1, Func<int, int, bool>? isBest = null)
    {
        using MarkupWriter.Scope scroll = markup.Open("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption));
        using MarkupWriter.Scope table = markup.Open("table");
        markup.Element("caption", caption);
        using (markup.Open("thead"))
        using (markup.Open("tr"))
        {
            for (int column = 0; column < columns.Count; column++)
                markup.Element("th", columns[column], ("scope", "col"), ("class", column < texts ? null : "number"));
        }

        markup.Line();
        using MarkupWriter.Scope body = markup.Open("tbody");
        int row = 0;
        foreach (IReadOnlyList<string> cells in rows)
        {
            using (markup.Open("tr"))
            {
                for (int column = 0; column < cells.Count; column++)
                {
                    string? style = column < texts ? null : isBest?.Invoke(row, column) == true ? "number best" : "number";
                    if (column == 0)
                        markup.Element("th", cells[column], ("scope", "row"));
                    else
                        markup.Element("td", cells[column], ("class", style));
                }
            }

            markup.Line();
            row++;
        }
    }
}
