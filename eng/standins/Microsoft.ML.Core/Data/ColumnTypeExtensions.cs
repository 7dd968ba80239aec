using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Questions that are asked of column types again and again.</summary>
[BestFriend]
internal static class ColumnTypeExtensions
{
    private static readonly PrimitiveDataViewType[] StandardTypes =
    [
        NumberDataViewType.SByte, NumberDataViewType.Byte, NumberDataViewType.Int16, NumberDataViewType.UInt16, NumberDataViewType.Int32,
        NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64, NumberDataViewType.Single, NumberDataViewType.Double,
        TextDataViewType.Instance, BooleanDataViewType.Instance, TimeSpanDataViewType.Instance, DateTimeDataViewType.Instance,
        DateTimeOffsetDataViewType.Instance, RowIdDataViewType.Instance,
    ];

    /// <summary>The type of a vector's items, or the type itself.</summary>
    public static DataViewType GetItemType(this DataViewType columnType) => columnType is VectorDataViewType vector ? vector.ItemType : columnType;

    /// <summary>The number of keys, 0 if the type is not a key.</summary>
    public static ulong GetKeyCount(this DataViewType columnType) => columnType is KeyDataViewType key ? key.Count : 0;

    /// <summary>The number of keys as an int, 0 if the type is not a key.</summary>
    public static int GetKeyCountAsInt32(this DataViewType columnType, IExceptionContext ectx = null)
    {
        ulong count = columnType.GetKeyCount();
        ectx.Check(count <= int.MaxValue, $"The {count} values of the key type '{columnType}' are too many to be counted by an Int32.");
        return (int)count;
    }

    /// <summary>The size of a vector, 0 if the type is not a vector or has no known size.</summary>
    public static int GetVectorSize(this DataViewType columnType) => columnType is VectorDataViewType vector ? vector.Size : 0;

    /// <summary>The number of values: 1, or the size of a vector.</summary>
    public static int GetValueCount(this DataViewType columnType) => columnType is VectorDataViewType vector ? vector.Size : 1;

    /// <summary>Whether the type is a vector of known size.</summary>
    public static bool IsKnownSizeVector(this DataViewType columnType) => columnType.GetVectorSize() > 0;

    /// <summary>Whether the type is one of ML.NET's own single values, keys excepted.</summary>
    public static bool IsStandardScalar(this DataViewType columnType) =>
        columnType is NumberDataViewType or TextDataViewType or BooleanDataViewType or RowIdDataViewType
            or TimeSpanDataViewType or DateTimeDataViewType or DateTimeOffsetDataViewType;

    /// <summary>Whether two types have the same item type and the same number of values.</summary>
    public static bool SameSizeAndItemType(this DataViewType columnType, DataViewType other) =>
        columnType.Equals(other)
        || (columnType is VectorDataViewType a && other is VectorDataViewType b && a.ItemType.Equals(b.ItemType) && a.Size == b.Size);

    /// <summary>The standard type with that raw type.</summary>
    public static PrimitiveDataViewType PrimitiveTypeFromType(Type type) =>
        Array.Find(StandardTypes, standard => standard.RawType == type)
        ?? (type == typeof(string) ? TextDataViewType.Instance : throw Contracts.ExceptParam(nameof(type), $"There is no standard column type for '{type}'."));

    /// <summary>The number type with that raw type.</summary>
    public static NumberDataViewType NumberTypeFromType(Type type) =>
        Array.Find(StandardTypes, standard => standard.RawType == type) as NumberDataViewType
        ?? throw Contracts.ExceptParam(nameof(type), $"'{type}' is not a number type.");
}
