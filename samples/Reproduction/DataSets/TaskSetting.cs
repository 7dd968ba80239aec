using Reproduction.Pairs;
using Reproduction.Tables;
using ZipIt.Merging;

namespace Reproduction.DataSets;

/// <summary>A table over groups of tasks: its rows, and what the paper reports.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Cuts">The merges up to which the tasks share one network, the deepest first.</param>
internal sealed record TaskSetting(string Title, IReadOnlyList<PairCut> Cuts)
{
    /// <summary>Whether the accuracy among the classes of all tasks is shown; the paper does not report it for several data sets.</summary>
    public bool HasJoint { get; init; } = true;

    /// <summary>Whether each task has a column; otherwise tasks are alike, and the rows are those of a table over pairs.</summary>
    public bool HasTasks { get; init; } = true;

    /// <summary>What the paper reports for averaged weights.</summary>
    public PaperFigure? Averaging { get; init; }

    /// <summary>What the paper reports for permuted features.</summary>
    public PaperFigure? Permutation { get; init; }

    /// <summary>What the paper reports for all networks side by side.</summary>
    public PaperFigure? Ensemble { get; init; }

    /// <summary>The rows of the table.</summary>
    public IReadOnlyList<TableRow> ListRows() =>
    [
        .. HasTasks ? [] : new[] { TableRow.Alone(0), TableRow.Alone(1) },
        TableRow.AsInPaper("weight averaging", new IdentityMatcher(), Cuts[0].Cut) with { Paper = Averaging },
        .. HasTasks ? [] : new[] { TableRow.AsInPaper("Git Re-Basin (weights)", new WeightMatcher(), Cuts[0].Cut) },
        TableRow.AsInPaper("permute", new PermutationMatcher(), Cuts[0].Cut) with { Paper = Permutation },
        .. Cuts.Select(cut => TableRow.AsInPaper($"ZipIt! {cut.Name}", cut.Matcher, cut.Cut) with { Paper = cut.Paper }),
        .. Cuts.Select(cut => TableRow.Best($"select and refit {cut.Name}", cut.Cut)),
        TableRow.Ensemble("ensemble", JointScoring.Reference) with { Paper = Ensemble },
        TableRow.Ensemble("calibrated ensemble", JointScoring.Calibrated),
    ];
}
