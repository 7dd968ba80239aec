using System.Globalization;
using System.Text;

namespace ZipIt.Merging;

/// <summary>All candidates of a search, the cheapest first.</summary>
/// <param name="Candidates">At least one.</param>
public sealed record ZipTuning(IReadOnlyList<ZipCandidate> Candidates)
{
    /// <summary>
    /// Score of the ensemble of all members: its joint accuracy on the held-out images, or 1 where candidates were compared with it. Default 1.
    /// </summary>
    public double EnsembleScore { get; init; } = 1;

    /// <summary>The candidate with the highest score; of equal ones the cheapest.</summary>
    public ZipCandidate Best => Candidates.MaxBy(candidate => candidate.Score)!;

    /// <summary>The best candidate within a budget; null if there is none.</summary>
    /// <param name="multiplyAdds">Largest number of multiply-adds per image.</param>
    public ZipCandidate? BestWithin(long multiplyAdds) =>
        Candidates.Where(candidate => candidate.Cost.MultiplyAdds <= multiplyAdds).MaxBy(candidate => candidate.Score);

    /// <summary>The cheapest candidate, which shares the most, whose score is high enough; of equally cheap ones the best. Null if there is none.</summary>
    /// <param name="score">Smallest score, from 0 to 1.</param>
    public ZipCandidate? CheapestWith(double score) => Candidates
        .Where(candidate => candidate.Score >= score)
        .OrderBy(candidate => candidate.Cost.MultiplyAdds)
        .ThenByDescending(candidate => candidate.Score)
        .FirstOrDefault();

    /// <summary>
    /// The cheapest candidate whose score falls short of the ensemble's by no more than a loss; of equally cheap ones the best. Null if there is none.
    /// </summary>
    /// <param name="loss">Largest loss, from 0 to 1.</param>
    public ZipCandidate? CheapestWithin(double loss) => CheapestWith(EnsembleScore - loss);

    /// <summary>One line per candidate, the best first.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        foreach (ZipCandidate candidate in Candidates.OrderByDescending(candidate => candidate.Score))
        {
            text.Append(CultureInfo.InvariantCulture, $"{100 * candidate.Score,6:0.00} %  {candidate.Cost.MultiplyAdds,18:N0} multiply-adds  ");
            text.Append(candidate.Options.Cut).Append(", ").Append(candidate.Options.Matcher.Name).Append('\n');
        }

        return text.ToString();
    }

    /// <inheritdoc cref="ToText"/>
    public override string ToString() => ToText();
}
