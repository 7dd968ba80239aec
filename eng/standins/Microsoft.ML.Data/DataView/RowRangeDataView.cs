using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The rows of a view from one position on, up to a number of them.</summary>
internal sealed class RowRangeDataView : IDataView
{
    private readonly IHostEnvironment _env;
    private readonly IDataView _source;
    private readonly long _skip;
    private readonly long _take;

    public RowRangeDataView(IHostEnvironment env, IDataView source, long skip, long take)
    {
        _env = env;
        _source = source;
        _skip = skip;
        _take = take;
    }

    // In another order other rows would be left.
    public bool CanShuffle => false;

    public DataViewSchema Schema => _source.Schema;

    /// <summary>The first rows of a view, without an environment.</summary>
    public static IDataView Take(IDataView source, long count) => new RowRangeDataView(new Host(new EnvironmentState(seed: null)), source, 0, count);

    public long? GetRowCount() => _source.GetRowCount() is long count ? Math.Min(_take, Math.Max(0, count - _skip)) : null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) =>
        new Cursor(_env, _source.GetRowCursor(columnsNeeded), _skip, _take);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded)];

    private sealed class Cursor(IChannelProvider provider, DataViewRowCursor input, long skip, long take) : ForwardingCursor(provider, input)
    {
        private long _toSkip = skip;
        private long _toTake = take;

        protected override bool MoveNextCore()
        {
            if (_toTake == 0)
                return false;
            for (; _toSkip > 0; _toSkip--)
            {
                if (!Input.MoveNext())
                    return false;
            }
            _toTake--;
            return Input.MoveNext();
        }
    }
}
