namespace Microsoft.ML.Internal.Utilities;

/// <summary>Small services for readers and writers.</summary>
[BestFriend]
internal static partial class Utils
{
    /// <summary>The position in the stream.</summary>
    public static long FpCur(this BinaryReader reader) => reader.BaseStream.Position;

    /// <summary>The position in the stream.</summary>
    public static long FpCur(this BinaryWriter writer)
    {
        writer.Flush();
        return writer.BaseStream.Position;
    }

    /// <summary>Moves to a position in the stream.</summary>
    public static void Seek(this BinaryReader reader, long fp) => reader.BaseStream.Seek(fp, SeekOrigin.Begin);

    /// <summary>Moves to a position in the stream.</summary>
    public static void Seek(this BinaryWriter writer, long fp)
    {
        writer.Flush();
        writer.BaseStream.Seek(fp, SeekOrigin.Begin);
    }

    /// <summary>The length of an array, 0 for null.</summary>
    public static int Size<T>(T[] x) => x?.Length ?? 0;

    /// <summary>Writes a truth value as one byte.</summary>
    public static void WriteBoolByte(this BinaryWriter writer, bool x) => writer.Write((byte)(x ? 1 : 0));

    /// <summary>Reads a truth value that was written as one byte.</summary>
    public static bool ReadBoolByte(this BinaryReader reader)
    {
        byte value = reader.ReadByte();
        Runtime.Contracts.CheckDecode(value <= 1, $"A truth value is stored as 0 or 1, not as {value}.");
        return value == 1;
    }

    /// <summary>Writes a number with seven bits to a byte, lowest first.</summary>
    public static void WriteLeb128Int(this BinaryWriter writer, ulong value)
    {
        while (value >= 0x80)
        {
            writer.Write((byte)(value | 0x80));
            value >>= 7;
        }
        writer.Write((byte)value);
    }

    /// <summary>Reads a number with seven bits to a byte, lowest first.</summary>
    public static ulong ReadLeb128Int(this BinaryReader reader)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = reader.ReadByte();
            Runtime.Contracts.CheckDecode(shift < 63 || next <= 1, "A number is longer than 64 bits.");
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw Runtime.Contracts.ExceptDecode("A number is longer than 64 bits.");
    }
}
