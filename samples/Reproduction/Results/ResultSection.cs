using ZipIt.Tool.HtmlReport;

namespace Reproduction.Results;

/// <summary>A table with what there is to say about it, and its plots.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Text">What it shows and how it was measured; paragraphs.</param>
/// <param name="Table">The table.</param>
/// <param name="Plots">Plots of it.</param>
internal sealed record ResultSection(string Title, IReadOnlyList<string> Text, ResultTable Table, params IReadOnlyList<ResultPlot> Plots) : IReportSection
{
    /// <summary>A picture; null for none.</summary>
    public ResultPicture? Picture { get; init; }

    /// <inheritdoc/>
    public void Write(MarkupWriter markup)
    {
        using MarkupWriter.Scope section = markup.Open("section");
        markup.Element("h2", Title);
        foreach (string paragraph in Text)
            markup.Element("p", paragraph, ("class", "lead"));
        if (Plots.Count > 0)
        {
            using (markup.Open("div", ("class", "panels")))
            {
                foreach (ResultPlot plot in Plots)
                    LinePlot.Write(plot, markup, isFile: false);
            }
        }

        if (Picture is not null)
            markup.Empty("img", ("src", "data:image/png;base64," + Convert.ToBase64String(Picture.Png)), ("alt", Picture.Description), ("class", "figure"));
        new TableWriter(markup).Write(Title, Table.Columns, Table.Rows, Table.Texts);
    }
}
