namespace ZipIt.Tool.HtmlReport;

/// <summary>A network that was measured.</summary>
/// <param name="Name">What tells it from others of its series, e.g. the cut.</param>
/// <param name="MultiplyAdds">What it costs for one image.</param>
/// <param name="JointAccuracy">Share of images whose class wins among all classes, 0 … 1; NaN if it was not measured.</param>
/// <param name="AverageAccuracy">Mean of the accuracies within the tasks, 0 … 1; NaN if it was not measured.</param>
internal sealed record CurvePoint(string Name, long MultiplyAdds, double JointAccuracy, double AverageAccuracy);
