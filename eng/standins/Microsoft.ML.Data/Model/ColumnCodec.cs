using System.Collections.Immutable;
using System.Text;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>How column types are named in binary data views.</summary>
internal static class ColumnCodec
{
    private const string KeyName = "Key2";
    private const string VectorName = "VBuffer";

    // Rank and dimensions beyond this are not a vector that anyone has.
    private const int LargestRank = 64;

    private static readonly (string Name, PrimitiveDataViewType Type)[] Simple =
    [
        ("SByte", NumberDataViewType.SByte), ("Byte", NumberDataViewType.Byte), ("Int16", NumberDataViewType.Int16),
        ("UInt16", NumberDataViewType.UInt16), ("Int32", NumberDataViewType.Int32), ("UInt32", NumberDataViewType.UInt32),
        ("Int64", NumberDataViewType.Int64), ("UInt64", NumberDataViewType.UInt64), ("Single", NumberDataViewType.Single),
        ("Double", NumberDataViewType.Double), ("TextSpan", TextDataViewType.Instance), ("Boolean", BooleanDataViewType.Instance),
        ("TimeSpan", TimeSpanDataViewType.Instance), ("DateTime", DateTimeDataViewType.Instance),
        ("DateTimeZone", DateTimeOffsetDataViewType.Instance), ("RowId", RowIdDataViewType.Instance),
    ];

    /// <summary>Whether columns of the type can be stored.</summary>
    public static bool CanStore(DataViewType type) =>
        type is KeyDataViewType || type is VectorDataViewType || (type is PrimitiveDataViewType && Array.Exists(Simple, codec => codec.Type.Equals(type)));

    /// <summary>Writes the codec of a type.</summary>
    public static void Write(BinaryWriter writer, DataViewType type)
    {
        using var stream = new MemoryStream();
        using var parameters = new BinaryWriter(stream, Encoding.UTF8);
        switch (type)
        {
            case KeyDataViewType key:
                Write(parameters, ColumnTypeExtensions.PrimitiveTypeFromType(key.RawType));
                parameters.Write(key.Count);
                writer.Write(KeyName);
                break;
            case VectorDataViewType vector:
                Write(parameters, vector.ItemType);
                parameters.Write(vector.Dimensions.Length);
                foreach (int dimension in vector.Dimensions)
                    parameters.Write(dimension);
                writer.Write(VectorName);
                break;
            default:
                writer.Write(Array.Find(Simple, codec => codec.Type.Equals(type)).Name);
                break;
        }
        writer.WriteLeb128Int((ulong)stream.Length);
        writer.Write(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>Reads a codec and returns its type, null if it is a well-formed codec of a kind that is not known here.</summary>
    public static DataViewType ReadOrNull(IExceptionContext ectx, BinaryReader reader)
    {
        string name = reader.ReadString();
        ulong length = reader.ReadLeb128Int();
        ectx.CheckDecode(length <= (ulong)(reader.BaseStream.Length - reader.FpCur()), $"the parameters of the codec '{name}' are cut short");
        long end = reader.FpCur() + (long)length;
        DataViewType type = name switch
        {
            KeyName => ReadKey(ectx, reader),
            VectorName => ReadVector(ectx, reader),
            _ => Array.Find(Simple, codec => codec.Name == name).Type,
        };
        if (type == null)
            reader.Seek(end);
        ectx.CheckDecode(reader.FpCur() == end, $"the parameters of the codec '{name}' do not have the length {length} that they claim");
        return type;
    }

    private static KeyDataViewType ReadKey(IExceptionContext ectx, BinaryReader reader)
    {
        DataViewType item = ReadOrNull(ectx, reader);
        ectx.CheckDecode(item is NumberDataViewType && KeyDataViewType.IsValidDataType(item.RawType), $"a key cannot be made of '{item}'");
        return new KeyDataViewType(item.RawType, reader.ReadUInt64());
    }

    private static VectorDataViewType ReadVector(IExceptionContext ectx, BinaryReader reader)
    {
        var item = ReadOrNull(ectx, reader) as PrimitiveDataViewType;
        ectx.CheckDecode(item != null, "a vector's items are of no primitive type");
        int rank = reader.ReadInt32();
        ectx.CheckDecode(rank is > 0 and <= LargestRank, $"a vector has {rank} dimensions");
        ImmutableArray<int>.Builder dimensions = ImmutableArray.CreateBuilder<int>(rank);
        for (int i = 0; i < rank; i++)
            dimensions.Add(reader.ReadInt32());
        return new VectorDataViewType(item, dimensions.MoveToImmutable());
    }
}
