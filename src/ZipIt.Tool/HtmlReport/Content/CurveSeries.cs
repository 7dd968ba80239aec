namespace ZipIt.Tool.HtmlReport;

/// <summary>Points that belong together.</summary>
/// <param name="Name">What they have in common, e.g. the name of the method.</param>
/// <param name="Kind">What they are.</param>
/// <param name="Points">The points; a method's are joined by a line from the cheapest to the dearest.</param>
internal sealed record CurveSeries(string Name, CurveKind Kind, IReadOnlyList<CurvePoint> Points);
