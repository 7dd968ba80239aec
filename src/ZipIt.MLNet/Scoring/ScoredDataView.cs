using Microsoft.ML;

namespace ZipIt.MLNet;

/// <summary>A data view with the columns of a zipped model. Reads nothing until a cursor does.</summary>
internal sealed class ScoredDataView(ScoringBinding binding, IDataView input) : IDataView
{
    public bool CanShuffle => input.CanShuffle;

    public DataViewSchema Schema => binding.OutputSchema;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = binding.Activate(columnsNeeded);
        DataViewSchema.Column[] passed = binding.PassedThrough(active);
        Random? order = CanShuffle ? rand : null;
        if (!binding.NeedsScores(active))
            return new ScoredCursor(binding, active, null, input.GetRowCursor(passed, order));
        if (passed.Length == 0)
            return new ScoredCursor(binding, active, input.GetRowCursor([binding.Pixels], order), null);

        // Both cursors must see the rows in one order, so each gets a generator of its own in the same state.
        int? seed = order?.Next();
        DataViewRowCursor leading = input.GetRowCursor([binding.Pixels], CreateRandom(seed));
        return new ScoredCursor(binding, active, leading, input.GetRowCursor(passed, CreateRandom(seed)));
    }

    /// <summary>
    /// A set of cursors can be split wherever one cursor does the work. Two sets over the same rows would have to be split alike, which no source promises: then there
    /// is one cursor, which the caller can split behind us.
    /// </summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        bool[] active = binding.Activate(columnsNeeded);
        DataViewSchema.Column[] passed = binding.PassedThrough(active);
        Random? order = CanShuffle ? rand : null;
        if (!binding.NeedsScores(active))
            return [.. input.GetRowCursorSet(passed, n, order).Select(cursor => new ScoredCursor(binding, active, null, cursor))];
        if (passed.Length == 0)
            return [.. input.GetRowCursorSet([binding.Pixels], n, order).Select(cursor => new ScoredCursor(binding, active, cursor, null))];
        return [GetRowCursor(OutputSchemaColumns(active), order)];
    }

    private IEnumerable<DataViewSchema.Column> OutputSchemaColumns(bool[] active) => binding.OutputSchema.Where(column => active[column.Index]);

    private static Random? CreateRandom(int? seed) => seed is { } value ? new Random(value) : null;
}
