namespace ZipIt.Tool.HtmlReport;

/// <summary>How well models do on the same images, side by side.</summary>
/// <param name="Models">The models, in the order to show them.</param>
internal sealed record EvaluationSection(IReadOnlyList<ModelEvaluation> Models)
{
    /// <summary>What they were measured on, e.g. "1,000 images of test/"; empty if it is not known.</summary>
    public string Images { get; init; } = "";
}
