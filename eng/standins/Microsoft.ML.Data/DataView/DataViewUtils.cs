using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Services around data views and cursors.</summary>
[BestFriend]
internal static class DataViewUtils
{
    private const int ConsolidatedBatchSize = 64;

    /// <summary>A name that no column of the schema has.</summary>
    public static string GetTempColumnName(this DataViewSchema schema, string tag = null)
    {
        Contracts.CheckValue(schema, nameof(schema));
        string stem = string.IsNullOrWhiteSpace(tag) ? "temp" : $"temp_{tag}";
        for (int i = 0; ; i++)
        {
            string name = $"{stem}_{i:000}";
            if (schema.GetColumnOrNull(name) == null)
                return name;
        }
    }

    /// <summary>The number of threads to use.</summary>
    public static int GetThreadCount(int num = 0, bool preferOne = false)
    {
        if (num > 0)
            return num;
        return preferOne ? 1 : Math.Max(2, Environment.ProcessorCount - 1);
    }

    /// <summary>The number of rows, counted if need be.</summary>
    public static long ComputeRowCount(IDataView view)
    {
        if (view.GetRowCount() is long known)
            return known;
        long count = 0;
        using DataViewRowCursor cursor = view.GetRowCursor([]);
        while (cursor.MoveNext())
            count++;
        return count;
    }

    /// <summary>Whether values of the type can be copied, which values that own resources cannot.</summary>
    public static bool IsCacheable(this DataViewType type) => type?.GetItemType() is PrimitiveDataViewType;

    /// <summary>Whether the values of all chosen columns can be copied.</summary>
    public static bool AllCacheable(DataViewSchema schema, Func<DataViewSchema.Column, bool> predicate) =>
        AllCacheable(schema.Where(predicate));

    /// <summary>Whether the values of all the columns can be copied.</summary>
    public static bool AllCacheable(IEnumerable<DataViewSchema.Column> columnsNeeded) => columnsNeeded.All(column => column.Type.IsCacheable());

    /// <summary>Shares out the rows of a cursor over <paramref name="num"/> cursors, or returns it alone if its values cannot be copied.</summary>
    public static DataViewRowCursor[] CreateSplitCursors(IChannelProvider provider, DataViewRowCursor input, int num)
    {
        Contracts.CheckValue(provider, nameof(provider));
        provider.CheckValue(input, nameof(input));
        return num <= 1 || !AllCacheable(input.Schema, input.IsColumnActive) ? [input] : CursorSplitter.Split(provider, input, num);
    }

    /// <summary>One cursor over the rows of several, which are read on threads of their own.</summary>
    public static DataViewRowCursor ConsolidateGeneric(IChannelProvider provider, DataViewRowCursor[] inputs, int batchSize)
    {
        Contracts.CheckValue(provider, nameof(provider));
        provider.CheckNonEmpty(inputs, nameof(inputs));
        return inputs.Length == 1 ? inputs[0] : new ConsolidatingCursor(provider, inputs, batchSize);
    }

    /// <summary>A cursor that computes on several threads, if the values of all columns can be copied.</summary>
    public static bool TryCreateConsolidatingCursor(
        out DataViewRowCursor curs, IDataView view, IEnumerable<DataViewSchema.Column> columnsNeeded, IHost host, Random rand)
    {
        curs = null;
        int threads = GetThreadCount();
        if (threads == 1 || !AllCacheable(columnsNeeded))
            return false;
        DataViewRowCursor[] inputs = view.GetRowCursorSet(columnsNeeded, threads, rand);
        host.Check(inputs.Length > 0, "A cursor set cannot be empty.");
        curs = ConsolidateGeneric(host, inputs, ConsolidatedBatchSize);
        return true;
    }
}
