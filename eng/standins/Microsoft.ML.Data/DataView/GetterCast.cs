using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Hands out getters under the type asked for, or says what is wrong.</summary>
internal static class GetterCast
{
    public const string NoCurrentRow =
        "Values cannot be fetched at this time: there is no current row before the first call to MoveNext, nor once it has returned false.";

    public static ValueGetter<TValue> To<TValue>(Delegate getter, IExceptionContext ectx = null) =>
        getter as ValueGetter<TValue>
        ?? throw ectx.Except($"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{getter.GetType().GetGenericArguments()[0]}'.");

    /// <summary>The getter of a column whose type is known only at run time.</summary>
    public static Delegate Of(DataViewRow row, DataViewSchema.Column column) =>
        (Delegate)Generic.Method(typeof(GetterCast), nameof(Typed), column.Type.RawType).Invoke(null, [row, column]);

    private static Delegate Typed<T>(DataViewRow row, DataViewSchema.Column column) => row.GetGetter<T>(column);
}
