using ZipIt.Merging;

namespace Reproduction.Tables;

/// <summary>A row of a table: one way to serve all tasks.</summary>
/// <param name="Name">What it is called.</param>
internal sealed record TableRow(string Name)
{
    /// <summary>How members are merged, given the case; null for a member alone.</summary>
    public Func<MergeCase, ZipOptions>? Options { get; init; }

    /// <summary>Number of the member that serves alone.</summary>
    public int Member { get; init; }

    /// <summary>How the classes of several tasks are compared.</summary>
    public JointScoring Scoring { get; init; } = JointScoring.Reference;

    /// <summary>What the paper reports; null for nothing.</summary>
    public PaperFigure? Paper { get; init; }

    /// <summary>A member alone.</summary>
    /// <param name="member">Its number.</param>
    public static TableRow Alone(int member) => new($"model {(char)('A' + member)}") { Member = member };

    /// <summary>A merge as in the paper: averages of matched features, reset of batch normalization, and the paper's rule to compare tasks.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="matcher">How features are matched.</param>
    /// <param name="cut">How far one network serves all tasks.</param>
    public static TableRow AsInPaper(string name, IMatcher matcher, ZipCut cut) =>
        new(name) { Options = merge => ZipOptions.For(ZipMethod.Paper, merge.Tasks) with { Matcher = matcher, Cut = cut } };

    /// <summary>Select and refit.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="cut">How far one network serves all tasks.</param>
    public static TableRow Best(string name, ZipCut cut) =>
        new(name) { Options = merge => ZipOptions.For(ZipMethod.Best, merge.Tasks) with { Cut = cut }, Scoring = JointScoring.Calibrated };

    /// <summary>All members side by side.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="scoring">How tasks are compared.</param>
    public static TableRow Ensemble(string name, JointScoring scoring) => new(name)
    {
        Options = merge => new ZipOptions { Tasks = merge.Tasks, Cut = ZipCut.Nothing, ResetBatchNorm = false },
        Scoring = scoring,
    };
}
