using Reproduction.Results;
using Reproduction.Tables;

namespace Reproduction.Analyses;

/// <summary>Accuracy of some methods against something that is varied.</summary>
/// <param name="title">What is varied, for the heading.</param>
/// <param name="horizontalTitle">What the places are.</param>
/// <param name="series">Names of the methods.</param>
internal sealed class Sweep(string title, string horizontalTitle, IReadOnlyList<string> series)
{
    private readonly List<(string Place, IReadOnlyList<ResultRow> Rows)> _places = [];

    /// <summary>Numbers of the methods that are there for comparison only.</summary>
    public IReadOnlyList<int> ForComparison { get; init; } = [];

    /// <summary>Measures the methods at one place.</summary>
    /// <param name="place">Its name.</param>
    /// <param name="rows">A row for each method.</param>
    /// <param name="cases">The cases.</param>
    /// <param name="cancellation">Ends the work.</param>
    public void Measure(string place, IReadOnlyList<TableRow> rows, IEnumerable<MergeCase> cases, CancellationToken cancellation) =>
        _places.Add((place, new MergeTable(rows, cancellation).Run(cases).Rows));

    /// <summary>The table: two numbers for each method, and a plot of each kind.</summary>
    /// <param name="text">What there is to say about it.</param>
    public ResultSection ToSection(params IReadOnlyList<string> text)
    {
        var table = new ResultTable(
            [horizontalTitle, .. series.Select(name => $"{name}, joint %"), .. series.Select(name => $"{name}, average %")],
            [.. _places.Select(place => (string[])[place.Place, .. Cells(place.Rows, row => row.Joint), .. Cells(place.Rows, row => row.Average)])]);
        return new ResultSection(
            title, text, table, Plot("Joint accuracy", row => row.Joint.Mean), Plot("Average accuracy within tasks", row => row.Average.Mean));
    }

    private static IEnumerable<string> Cells(IReadOnlyList<ResultRow> rows, Func<ResultRow, (double Mean, double Deviation)> value) =>
        rows.Select(row => AccuracyTable.Spread(value(row)));

    private ResultPlot Plot(string name, Func<ResultRow, double> value) => new(name, [.. _places.Select(place => place.Place)],
        [.. series.Select((method, s) => new ResultSeries(method, [.. _places.Select(place => 100 * value(place.Rows[s]))])
        {
            IsForComparison = ForComparison.Contains(s),
        })])
    {
        HorizontalTitle = horizontalTitle,
    };
}
