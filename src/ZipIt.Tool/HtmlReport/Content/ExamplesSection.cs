namespace ZipIt.Tool.HtmlReport;

/// <summary>Some images, with what each model says of them.</summary>
/// <param name="Images">The images; about a dozen are enough to look at.</param>
internal sealed record ExamplesSection(IReadOnlyList<ExampleImage> Images);
