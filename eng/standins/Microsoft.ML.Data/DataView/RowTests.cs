using System.Globalization;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Tests of the current row, for filters and splits.</summary>
internal static class RowTests
{
    public static Func<bool> OnValue<T>(DataViewRow row, DataViewSchema.Column column, Func<T, bool> test)
    {
        ValueGetter<T> getter = row.GetGetter<T>(column);
        T value = default;
        return () =>
        {
            getter(ref value);
            return test(value);
        };
    }

    public static Func<bool> OnKey(DataViewRow row, DataViewSchema.Column column, Func<ulong, bool> test) => Type.GetTypeCode(column.Type.RawType) switch
    {
        TypeCode.Byte => OnValue<byte>(row, column, key => test(key)),
        TypeCode.UInt16 => OnValue<ushort>(row, column, key => test(key)),
        TypeCode.UInt32 => OnValue<uint>(row, column, key => test(key)),
        _ => OnValue(row, column, test),
    };

    /// <summary>Whether the value is there, and in a vector all of them.</summary>
    public static Func<bool> HasValue(DataViewRow row, DataViewSchema.Column column) => column.Type switch
    {
        KeyDataViewType => OnKey(row, column, key => key > 0),
        VectorDataViewType vector when vector.ItemType.Equals(NumberDataViewType.Single) =>
            OnValue<VBuffer<float>>(row, column, values => !values.GetValues().Contains(float.NaN)),
        VectorDataViewType vector when vector.ItemType.Equals(NumberDataViewType.Double) =>
            OnValue<VBuffer<double>>(row, column, values => !values.GetValues().Contains(double.NaN)),
        NumberDataViewType number when number.RawType == typeof(float) => OnValue<float>(row, column, value => !float.IsNaN(value)),
        NumberDataViewType number when number.RawType == typeof(double) => OnValue<double>(row, column, value => !double.IsNaN(value)),
        _ => () => true,
    };

    /// <summary>A random place between 0 and 1 that is the same for the same row, or for the same value of a column, in every cursor.</summary>
    public static Func<double> PlaceOf(DataViewRow row, DataViewSchema.Column? key, int seed)
    {
        var salt = new DataViewRowId((ulong)seed, 0x5EED);
        if (key is not { } column)
        {
            ValueGetter<DataViewRowId> getId = row.GetIdGetter();
            DataViewRowId id = default;
            return () =>
            {
                getId(ref id);
                return Place(salt.Combine(id));
            };
        }
        if (column.Type is not PrimitiveDataViewType)
            throw Contracts.ExceptParam("samplingKeyColumnName", $"Rows cannot be split by the column '{column.Name}' of type '{column.Type}'.");
        return (Func<double>)Generic.Method(typeof(RowTests), nameof(PlaceOfValue), column.Type.RawType).Invoke(null, row, column, salt);
    }

    private static Func<double> PlaceOfValue<T>(DataViewRow row, DataViewSchema.Column column, DataViewRowId salt)
    {
        ValueGetter<T> getter = row.GetGetter<T>(column);
        T value = default;
        return () =>
        {
            getter(ref value);
            return Place(salt.Combine(new DataViewRowId(Hash(Convert.ToString(value, CultureInfo.InvariantCulture)), 0)));
        };
    }

    private static double Place(DataViewRowId id) => (id.Low >> 11) * (1.0 / (1UL << 53));

    // FNV-1a: unlike string.GetHashCode the same in every process.
    private static ulong Hash(string text)
    {
        ulong hash = 14695981039346656037UL;
        foreach (char character in text)
            hash = (hash ^ character) * 1099511628211UL;
        return hash;
    }
}
