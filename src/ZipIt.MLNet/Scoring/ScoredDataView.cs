using Microsoft.ML;

namespace ZipIt.MLNet;

/// <summary>A data view with the columns of a zipped model. Reads nothing until a cursor does.</summary>
internal class ScoredDataView(ScoringBinding binding, IDataView input) : IDataView
{
    private readonly ScoringPasses _passes = new(binding.Host);

    public bool CanShuffle => Source.CanShuffle;

    public DataViewSchema Schema => binding.OutputSchema;

    /// <summary>The rows that are scored.</summary>
    public IDataView Source => input;

    public long? GetRowCount() => Source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = binding.Activate(columnsNeeded);
        Random? order = CanShuffle ? rand : null;
        return Wrap(active, [Source.GetRowCursor(binding.ReadFor(active), order)], isInOrder: order is null)[0];
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        bool[] active = binding.Activate(columnsNeeded);
        return Wrap(active, Source.GetRowCursorSet(binding.ReadFor(active), n, CanShuffle ? rand : null), isInOrder: false);
    }

    private DataViewRowCursor[] Wrap(bool[] active, DataViewRowCursor[] inputs, bool isInOrder)
    {
        try
        {
            if (!binding.NeedsScores(active))
                return [.. inputs.Select(cursor => new UnscoredCursor(binding, active, cursor))];
            Action<bool> onEnd = _passes.Begin(inputs.Length);
            return [.. inputs.Select(cursor => new ScoredCursor(
                binding, active, new SourceCursor(binding.Host, Source, binding.Pixels, cursor, isInOrder), onEnd))];
        }
        catch
        {
            foreach (DataViewRowCursor cursor in inputs)
                cursor.Dispose();
            throw;
        }
    }
}
