using System.Text.Json;

namespace ZipIt.Merging;

/// <summary>
/// Whether a report that was read can be shown: nothing is missing, its sums are numbers, and its tables are of a size that somebody could read.
/// </summary>
internal static class ReportCheck
{
    /// <summary>Largest table in characters.</summary>
    private const long LongestTable = 4 << 20;

    private const int ColumnWidth = 24;

    /// <summary>Checks a report.</summary>
    /// <exception cref="JsonException">Something is missing or out of range.</exception>
    public static void Check(ZipReport report)
    {
        if (report.Matcher is null || report.Spaces is null || report.MemberCosts is null || report.Times is null || report.Members is null
            || report.Cut is null || report.Layers is null
            || report.Spaces.Any(space => space?.Name is null || space.MergesWithin is null)
            || report.Layers.Any(layer => layer?.Name is null)
            || report.Members.Contains(null)
            || report.Tasks?.Any(task => task?.Name is null) == true
            || report.Cuts?.Any(cut => cut?.Cut is null) == true)
        {
            throw new JsonException("The report lacks a part.");
        }

        CheckSum([.. report.MemberCosts.Select(cost => cost.MultiplyAdds)], "multiply-adds");
        CheckSum([.. report.MemberCosts.Select(cost => cost.Parameters)], "parameters");

        // Every cell of a column is as wide as its widest.
        int members = report.MemberCosts.Count;
        long memberColumns = members * (long)ColumnWidth + report.Members.Take(members).Sum(name => (long)name.Length);
        long spaces = (report.Spaces.Count + 1L) * (LongestOf(report.Spaces.Select(space => space.Name)) + 2 * memberColumns + 8 * ColumnWidth);
        long layers = (report.Layers.Count + 1L) * (LongestOf(report.Layers.Select(layer => layer.Name)) + 4 * ColumnWidth);
        long tasks = (report.Tasks is { } all ? all.Count + 2L : 0) * (LongestOf(report.Tasks?.Select(task => task.Name) ?? []) + 4 * ColumnWidth);
        long cuts = (report.Cuts is { } tried ? tried.Count + 1L : 0) * (LongestOf(report.Cuts?.Select(cut => cut.Cut) ?? []) + 3 * ColumnWidth);
        if (spaces > LongestTable || layers > LongestTable || tasks > LongestTable || cuts > LongestTable)
            throw new JsonException($"The report has a table of more than {LongestTable} characters.");
    }

    private static void CheckSum(IReadOnlyList<long> values, string what)
    {
        decimal sum = 0;
        foreach (long value in values)
            sum = value < 0 ? throw new JsonException($"The report has a negative number of {what}: {value}.") : sum + value;
        if (sum > long.MaxValue)
            throw new JsonException($"The members of the report have more {what} than can be counted.");
    }

    private static long LongestOf(IEnumerable<string> names) => names.Select(name => name.Length).DefaultIfEmpty().Max();
}
