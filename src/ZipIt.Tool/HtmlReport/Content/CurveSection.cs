namespace ZipIt.Tool.HtmlReport;

/// <summary>Accuracy against cost.</summary>
/// <param name="UnitMultiplyAdds">Multiply-adds of one network alone: costs are shown as multiples of it.</param>
/// <param name="Series">What was measured, in the order to show it.</param>
internal sealed record CurveSection(long UnitMultiplyAdds, IReadOnlyList<CurveSeries> Series)
{
    /// <summary>What the points were measured on, e.g. "10,000 test images"; empty if it is not known.</summary>
    public string Images { get; init; } = "";
}
