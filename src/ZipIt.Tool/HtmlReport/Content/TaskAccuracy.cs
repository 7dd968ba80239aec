namespace ZipIt.Tool.HtmlReport;

/// <summary>How well a model does within one task.</summary>
/// <param name="Name">Name of the task.</param>
/// <param name="Labels">Names of its classes.</param>
/// <param name="Images">Number of images of these classes.</param>
/// <param name="Accuracy">Share of them whose class wins among the task's own, 0 … 1; NaN without images.</param>
internal sealed record TaskAccuracy(string Name, IReadOnlyList<string> Labels, long Images, double Accuracy);
