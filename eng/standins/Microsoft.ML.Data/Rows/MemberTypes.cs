using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The column types of the members of a class.</summary>
internal static class MemberTypes
{
    public static Type TypeOf(MemberInfo member) => member is FieldInfo field ? field.FieldType : ((PropertyInfo)member).PropertyType;

    /// <summary>The column type that a member has by its type and attributes.</summary>
    public static DataViewType ColumnTypeOf(MemberInfo member)
    {
        Type type = TypeOf(member);
        if (DataViewTypeManager.GetDataViewTypeOrNull(type, member.GetCustomAttribute<DataViewTypeAttribute>()) is { } custom)
            return custom;

        bool isVector = TryGetItemType(type, out Type itemType);
        if (!TryGetPrimitiveType(itemType, out PrimitiveDataViewType primitive))
        {
            throw Contracts.ExceptParam(
                "userType", $"Could not determine an IDataView type and registered custom types for member {member.Name}, which is a '{type}'.");
        }
        if (member.GetCustomAttribute<KeyTypeAttribute>() is { } key)
        {
            Contracts.CheckParam(
                KeyDataViewType.IsValidDataType(itemType), "userType", $"Member {member.Name} marked with KeyType attribute, but does not appear to be a valid kind of data for a key type");
            Contracts.CheckParam(key.KeyCount?.Count != null, "userType", $"Member {member.Name} marked with KeyType attribute, but the number of keys is missing");
            primitive = new KeyDataViewType(primitive.RawType, key.KeyCount.Count.Value);
        }
        VectorTypeAttribute vector = member.GetCustomAttribute<VectorTypeAttribute>();
        if (!isVector)
        {
            Contracts.CheckParam(vector == null, "userType", $"Member {member.Name} marked with VectorType attribute, but does not appear to be a vector type");
            return primitive;
        }
        return vector?.Dims is { Length: > 0 } dimensions ? new VectorDataViewType(primitive, dimensions) : new VectorDataViewType(primitive);
    }

    /// <summary>The item type of arrays and vectors, or the type itself.</summary>
    public static bool TryGetItemType(Type type, out Type itemType)
    {
        if (type.IsArray)
            itemType = type.GetElementType();
        else if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(VBuffer<>))
            itemType = type.GetGenericArguments()[0];
        else
            itemType = type;
        return itemType != type;
    }

    /// <summary>Adds an annotation whose value is given as member types are: text as string, vectors as arrays.</summary>
    public static Action<DataViewSchema.Annotations.Builder> AnnotationOf<T>(string kind, T value, DataViewType type)
    {
        IMemberConverter converter = MemberConverter.CreateOrNull(typeof(T), type, zeroBasedKeys: false)
            ?? throw Contracts.ExceptParam(nameof(value), $"A '{typeof(T)}' cannot be the value of an annotation of type '{type}'.");
        Delegate getter = converter.MakeConstantGetter(value);
        return builder => builder.Add(kind, type, getter);
    }

    private static bool TryGetPrimitiveType(Type type, out PrimitiveDataViewType primitive)
    {
        primitive = type == typeof(string) ? TextDataViewType.Instance : Array.Find(Standard, standard => standard.RawType == type);
        return primitive != null;
    }

    private static readonly PrimitiveDataViewType[] Standard =
    [
        NumberDataViewType.SByte, NumberDataViewType.Byte, NumberDataViewType.Int16, NumberDataViewType.UInt16, NumberDataViewType.Int32,
        NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64, NumberDataViewType.Single, NumberDataViewType.Double,
        TextDataViewType.Instance, BooleanDataViewType.Instance, TimeSpanDataViewType.Instance, DateTimeDataViewType.Instance,
        DateTimeOffsetDataViewType.Instance, RowIdDataViewType.Instance,
    ];
}
