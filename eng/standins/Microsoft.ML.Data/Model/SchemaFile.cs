using System.Text;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Stores the columns of a schema as a binary data view (IDV) without rows.</summary>
/// <remarks>
/// Header, 256 bytes, zero-padded: "CML\0DVB\0", UInt64 version, UInt64 version that can read it, Int64 offset of the table of contents, Int64
/// offset of the tail, Int64 number of rows, Int32 number of columns. Table of contents, for each column: name, codec, byte compression (1
/// deflate), LEB128 rows in a block, Int64 offset of its block table, Int64 offset of its annotations or 0. Tail: the first signature backwards.
/// A codec is a name, the LEB128 length of its parameters and these. Strings are UTF-8 behind their LEB128 length.
/// </remarks>
internal static class SchemaFile
{
    private const ulong Signature = 0x00425644004C4D43;
    private const ulong TailSignature = 0x434D4C0044564200;
    private const ulong Version = 0x0001000100010006;
    private const ulong OldestReadable = 0x0001000100010002;
    private const int HeaderSize = 256;
    private const byte Deflate = 1;

    /// <summary>Writes the visible columns that can be stored; the others are dropped with a message.</summary>
    public static void Write(IHostEnvironment env, DataViewSchema schema, Stream stream)
    {
        using IChannel channel = env.Start("Saving schema");
        var columns = new List<DataViewSchema.Column>();
        foreach (DataViewSchema.Column column in schema)
        {
            if (ColumnCodec.CanStore(column.Type))
                columns.Add(column);
            else
                channel.Info(MessageSensitivity.Schema, "The column '{0}' will not be written, since it has unsavable type '{1}'", column.Name, column.Type);
        }
        channel.Check(columns.Count > 0, "No valid columns to save");

        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(new byte[HeaderSize]);
        long contents = stream.Position;
        foreach (DataViewSchema.Column column in columns)
        {
            writer.Write(column.Name);
            ColumnCodec.Write(writer, column.Type);
            writer.Write(Deflate);
            writer.WriteLeb128Int(1);
            writer.Write((long)HeaderSize);
            writer.Write(0L);
        }
        long tail = stream.Position;
        writer.Write(TailSignature);

        writer.Seek(0L);
        writer.Write(Signature);
        writer.Write(Version);
        writer.Write(Version);
        writer.Write(contents);
        writer.Write(tail);
        writer.Write(0L);
        writer.Write(columns.Count);
        writer.Seek(tail + sizeof(ulong));
    }

    /// <summary>Reads the columns. Their annotations are not restored.</summary>
    public static DataViewSchema Read(IHostEnvironment env, Stream stream)
    {
        try
        {
            using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
            return ReadColumns(env, reader);
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException or IOException)
        {
            throw env.ExceptDecode(e, $"The entry '{ModelOperationsCatalog.SchemaEntryName}' of the model file is damaged: {e.Message}");
        }
    }

    private static DataViewSchema ReadColumns(IHostEnvironment env, BinaryReader reader)
    {
        long length = reader.BaseStream.Length;
        env.CheckDecode(reader.ReadUInt64() == Signature, "it does not start with the signature of a binary data view");
        ulong version = reader.ReadUInt64();
        ulong readableBy = reader.ReadUInt64();
        long contents = reader.ReadInt64();
        long tail = reader.ReadInt64();
        long rows = reader.ReadInt64();
        int count = reader.ReadInt32();
        env.CheckDecode(readableBy <= Version && version >= readableBy && version >= OldestReadable, $"its version 0x{version:X16} cannot be read");
        env.CheckDecode(rows >= 0, $"it claims {rows} rows");
        env.CheckDecode(tail >= HeaderSize && tail <= length - sizeof(ulong), $"its tail at {tail} is not within its {length} bytes");
        env.CheckDecode(contents >= HeaderSize && contents <= tail, $"its table of contents at {contents} is not between header and tail");
        env.CheckDecode(count >= 0 && count <= tail - contents, $"{count} columns do not fit into {tail - contents} bytes");
        reader.Seek(tail);
        env.CheckDecode(reader.ReadUInt64() == TailSignature, "its tail signature is wrong");

        reader.Seek(contents);
        var builder = new DataViewSchema.Builder();
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            env.CheckDecode(name.Length > 0, $"column {i} has no name");
            DataViewType type = ColumnCodec.ReadOrNull(env, reader);
            env.CheckDecode(reader.ReadByte() <= Deflate, $"column '{name}' has an unknown compression");
            reader.ReadLeb128Int();
            reader.ReadInt64();
            reader.ReadInt64();
            if (type != null)
                builder.AddColumn(name, type);
        }
        env.CheckDecode(reader.FpCur() == tail, "its table of contents does not end at the tail");
        return builder.ToSchema();
    }
}
