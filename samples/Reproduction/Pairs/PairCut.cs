using Reproduction.Tables;
using ZipIt.Merging;

namespace Reproduction.Pairs;

/// <summary>How far both tasks share one network.</summary>
/// <param name="Name">Its name, e.g. <c>13/20</c>.</param>
/// <param name="Cut">The cut.</param>
/// <param name="Matcher">The paper's matching, with what its authors found best for the cut, or else with their defaults.</param>
internal sealed record PairCut(string Name, ZipCut Cut, ZipMatcher Matcher)
{
    /// <summary>What the paper reports for ZipIt!.</summary>
    public PaperFigure? Paper { get; init; }
}
