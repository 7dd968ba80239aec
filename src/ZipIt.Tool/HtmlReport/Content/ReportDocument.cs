namespace ZipIt.Tool.HtmlReport;

/// <summary>What a report says. Every part may be left out; <see cref="ReportWriter"/> makes a page of those that are there.</summary>
/// <param name="Title">What was done, for the head of the page; plain text, as all text here.</param>
internal sealed record ReportDocument(string Title)
{
    /// <summary>When it was done; null to leave it out, so that equal runs give equal bytes.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>The command line that does it again; empty if there is none.</summary>
    public string Command { get; init; } = "";

    /// <summary>The recipe as a text, in as many lines as it has; empty if there is none.</summary>
    public string Recipe { get; init; } = "";

    /// <summary>What it was done with, e.g. files and numbers of images, in the order to show them.</summary>
    public IReadOnlyList<ReportFact> Inputs { get; init; } = [];

    /// <summary>Versions of the program, the runtime and the machine.</summary>
    public IReadOnlyList<ReportFact> Versions { get; init; } = [];

    /// <summary>How long each step took. The steps of the merge itself are in its own report.</summary>
    public IReadOnlyList<ReportTime> Times { get; init; } = [];

    /// <summary>What was merged; null to leave it out.</summary>
    public MergeSection? Merge { get; init; }

    /// <summary>How well models do, side by side; null to leave it out.</summary>
    public EvaluationSection? Evaluation { get; init; }

    /// <summary>Accuracy against cost; null to leave it out.</summary>
    public CurveSection? Curve { get; init; }

    /// <summary>Parts that a program brings itself, in the order to show them.</summary>
    public IReadOnlyList<IReportSection> Sections { get; init; } = [];

    /// <summary>Images with what each model says of them; null to leave them out.</summary>
    public ExamplesSection? Examples { get; init; }
}
