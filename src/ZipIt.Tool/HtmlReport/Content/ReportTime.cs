namespace ZipIt.Tool.HtmlReport;

/// <summary>How long a step took.</summary>
/// <param name="Name">Name of the step.</param>
/// <param name="Duration">Its duration.</param>
internal sealed record ReportTime(string Name, TimeSpan Duration);
