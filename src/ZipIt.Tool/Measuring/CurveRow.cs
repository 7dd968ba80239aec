using ZipIt.Merging;
using ZipIt.Tool.HtmlReport;

namespace ZipIt.Tool.Measuring;

/// <summary>A network of a curve: how it is made, and how well it does.</summary>
/// <param name="Series">What it has in common with others, e.g. the method.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Cut">How far its members share one network, as it was written.</param>
/// <param name="Name">Its name.</param>
internal sealed record CurveRow(string Series, CurveKind Kind, string Cut, string Name)
{
    /// <summary>How it is zipped; null for a member alone.</summary>
    public Zipper? Zipper { get; init; }

    /// <summary>A member alone; null for a zip.</summary>
    public ScoredNetwork? Member { get; init; }

    /// <summary>How the tasks of a zip are compared.</summary>
    public JointScoring Scoring { get; init; }

    /// <summary>How well it does; null until it was measured.</summary>
    public ModelEvaluation? Result { get; set; }

    /// <summary>How long zipping took.</summary>
    public double Seconds { get; set; }
}
