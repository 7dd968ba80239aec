namespace Reproduction.Tables;

/// <summary>A table, measured.</summary>
/// <param name="Cases">Names of the cases.</param>
/// <param name="Rows">The rows.</param>
internal sealed record TableResult(IReadOnlyList<string> Cases, IReadOnlyList<ResultRow> Rows);
