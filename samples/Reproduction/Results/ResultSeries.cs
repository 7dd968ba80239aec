namespace Reproduction.Results;

/// <summary>A line of a plot.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Values">A value for each place of the horizontal axis; NaN where there is none.</param>
internal sealed record ResultSeries(string Name, IReadOnlyList<double> Values)
{
    /// <summary>Whether it is there for comparison only, and drawn in grey.</summary>
    public bool IsForComparison { get; init; }
}
