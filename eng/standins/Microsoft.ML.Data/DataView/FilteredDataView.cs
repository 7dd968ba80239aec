using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Those rows of a view that pass a test.</summary>
/// <param name="env">The environment.</param>
/// <param name="source">The view.</param>
/// <param name="testColumns">The columns that the test reads; they are active in the source whether they are asked for or not.</param>
/// <param name="makeTest">Makes the test of a cursor's current row.</param>
internal sealed class FilteredDataView(
    IHostEnvironment env, IDataView source, IReadOnlyList<DataViewSchema.Column> testColumns, Func<DataViewRow, Func<bool>> makeTest) : IDataView
{
    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        bool[] active = ActiveColumns.Of(Schema, columnsNeeded);
        return new Cursor(env, source.GetRowCursor(Needed(active), rand), active, makeTest);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        bool[] active = ActiveColumns.Of(Schema, columnsNeeded);
        return [.. source.GetRowCursorSet(Needed(active), n, rand).Select(input => new Cursor(env, input, active, makeTest))];
    }

    private DataViewSchema.Column[] Needed(bool[] active) =>
        [.. Schema.Where(column => active[column.Index] || testColumns.Any(test => test.Index == column.Index))];

    private sealed class Cursor : ForwardingCursor
    {
        private readonly bool[] _active;
        private readonly Func<bool> _passes;

        public Cursor(IChannelProvider provider, DataViewRowCursor input, bool[] active, Func<DataViewRow, Func<bool>> makeTest)
            : base(provider, input)
        {
            _active = active;
            _passes = makeTest(input);
        }

        public override bool IsColumnActive(DataViewSchema.Column column) => ActiveColumns.IsActive(_active, column);

        protected override bool MoveNextCore()
        {
            while (Input.MoveNext())
            {
                if (_passes())
                    return true;
            }
            return false;
        }
    }
}
