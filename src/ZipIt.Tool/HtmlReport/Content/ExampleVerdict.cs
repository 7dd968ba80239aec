namespace ZipIt.Tool.HtmlReport;

/// <summary>What a model says of an image.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Label">The class that it names.</param>
/// <param name="Probability">Its probability of that class, 0 … 1; NaN if it gives none.</param>
internal sealed record ExampleVerdict(string Model, string Label, double Probability);
