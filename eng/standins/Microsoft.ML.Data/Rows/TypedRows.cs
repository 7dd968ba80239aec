using System.Collections;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A data view as a sequence of objects; each enumeration opens a cursor.</summary>
internal sealed class TypedRows<TRow> : IEnumerable<TRow>
    where TRow : class, new()
{
    private readonly IDataView _data;
    private readonly bool _reuse;
    private readonly (MemberColumn<TRow> Member, DataViewSchema.Column Column)[] _bound;

    public TypedRows(IHostEnvironment env, IDataView data, bool reuseRowObject, bool ignoreMissingColumns, SchemaDefinition definition)
    {
        env.CheckValue(data, nameof(data));
        _data = data;
        _reuse = reuseRowObject;
        _bound = [.. RowBinding<TRow>.Bound(data.Schema, definition, ignoreMissingColumns)];
    }

    public IEnumerator<TRow> GetEnumerator()
    {
        using DataViewRowCursor cursor = _data.GetRowCursor(_bound.Select(bound => bound.Column));
        Action<TRow>[] setters = [.. _bound.Select(bound => bound.Member.MakeSetter(cursor, bound.Column))];
        TRow row = null;
        while (cursor.MoveNext())
        {
            if (row == null || !_reuse)
                row = new TRow();
            foreach (Action<TRow> set in setters)
                set(row);
            yield return row;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
