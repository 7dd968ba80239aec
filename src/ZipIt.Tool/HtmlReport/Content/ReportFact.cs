namespace ZipIt.Tool.HtmlReport;

/// <summary>Something to know, with its name.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">What is known of it.</param>
internal sealed record ReportFact(string Name, string Value);
