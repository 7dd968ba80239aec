using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A cursor over some of the rows of another, whose columns and values it hands on.</summary>
internal abstract class ForwardingCursor(IChannelProvider provider, DataViewRowCursor input) : LinkedRootCursorBase(provider, input)
{
    public sealed override DataViewSchema Schema => Input.Schema;

    public sealed override long Batch => Input.Batch;

    public override bool IsColumnActive(DataViewSchema.Column column) => Input.IsColumnActive(column);

    public sealed override ValueGetter<DataViewRowId> GetIdGetter() => Input.GetIdGetter();

    public sealed override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Ch.CheckParam(IsColumnActive(column), nameof(column), "requested column not active");
        return Input.GetGetter<TValue>(column);
    }
}
