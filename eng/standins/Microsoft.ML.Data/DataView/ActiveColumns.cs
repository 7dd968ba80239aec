using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Which columns of a schema are active. Columns are matched by index, whichever schema they come from.</summary>
internal static class ActiveColumns
{
    public static bool[] Of(DataViewSchema schema, IEnumerable<DataViewSchema.Column> columnsNeeded)
    {
        Contracts.CheckValue(columnsNeeded, nameof(columnsNeeded));
        var active = new bool[schema.Count];
        foreach (DataViewSchema.Column column in columnsNeeded)
        {
            Contracts.CheckParam(
                column.Index < active.Length, nameof(columnsNeeded), $"There is no column at index {column.Index}: the data has {active.Length} columns.");
            active[column.Index] = true;
        }
        return active;
    }

    public static bool IsActive(bool[] active, DataViewSchema.Column column)
    {
        Contracts.CheckParam(column.Index < active.Length, nameof(column), $"There is no column at index {column.Index}: the data has {active.Length} columns.");
        return active[column.Index];
    }

    public static IEnumerable<DataViewSchema.Column> Select(DataViewSchema schema, bool[] active) => schema.Where(column => active[column.Index]);
}
