namespace Reproduction.Results;

/// <summary>A plot of lines over places that lie equally far apart.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Places">Names of the places on the horizontal axis.</param>
/// <param name="Series">The lines.</param>
internal sealed record ResultPlot(string Title, IReadOnlyList<string> Places, IReadOnlyList<ResultSeries> Series)
{
    /// <summary>What the places are.</summary>
    public string HorizontalTitle { get; init; } = "";

    /// <summary>Unit of the values.</summary>
    public string Unit { get; init; } = "%";
}
