namespace Reproduction.Results;

/// <summary>A table of numbers.</summary>
/// <param name="Columns">Names of the columns.</param>
/// <param name="Rows">The cells of each row, as they are shown.</param>
internal sealed record ResultTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>Number of columns, from the first one on, that hold text.</summary>
    public int Texts { get; init; } = 1;
}
