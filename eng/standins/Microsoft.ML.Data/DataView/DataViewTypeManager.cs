using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Knows which column type members of other than the standard types have.</summary>
public static class DataViewTypeManager
{
    private static readonly Lock Gate = new();
    private static readonly List<Registration> Registrations = [];

    /// <summary>Registers a column type for members of type <paramref name="type"/> with that attribute.</summary>
    public static void Register(DataViewType dataViewType, Type type, DataViewTypeAttribute typeAttribute = null)
    {
        Contracts.CheckValue(dataViewType, nameof(dataViewType));
        Contracts.CheckValue(type, nameof(type));
        Contracts.CheckParam(
            dataViewType.RawType == type, nameof(type), $"Members of '{type}' cannot be columns of type '{dataViewType}', whose values are '{dataViewType.RawType}'.");
        lock (Gate)
        {
            if (Find(type, typeAttribute) is { } known)
            {
                Contracts.Check(known.Equals(dataViewType), $"Members of '{type}' with this attribute already are columns of type '{known}'.");
                return;
            }
            Registrations.Add(new Registration(type, typeAttribute, dataViewType));
        }
    }

    /// <summary>The column type of members of type <paramref name="type"/> with that attribute, null if none is registered.</summary>
    internal static DataViewType GetDataViewTypeOrNull(Type type, DataViewTypeAttribute typeAttribute)
    {
        typeAttribute?.Register();
        lock (Gate)
            return Find(type, typeAttribute);
    }

    private static DataViewType Find(Type type, DataViewTypeAttribute attribute) =>
        Registrations.Find(known => known.Type == type && (attribute == null ? known.Attribute == null : attribute.Equals(known.Attribute)))?.ColumnType;

    private sealed record Registration(Type Type, DataViewTypeAttribute Attribute, DataViewType ColumnType);
}
