namespace ZipIt.Tool.HtmlReport;

/// <summary>A part of a report that a program brings itself.</summary>
internal interface IReportSection
{
    /// <summary>Writes it, as an element <c>section</c>.</summary>
    /// <param name="markup">Where.</param>
    void Write(MarkupWriter markup);
}
