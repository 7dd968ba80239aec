using System.IO.Compression;
using System.Text;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Stores the columns of a schema as a binary data view (IDV) without rows.</summary>
/// <remarks>
/// Header, 256 bytes, zero-padded: "CML\0DVB\0", UInt64 version, UInt64 version that can read it, Int64 offset of the table of contents, Int64
/// offset of the tail, Int64 number of rows, Int32 number of columns. For each column with annotations: their values, then a table of them, which
/// is LEB128 number and for each kind, codec, byte compression, Int64 offset, LEB128 size. Table of contents, for each column: name, codec, byte
/// compression (1 deflate), LEB128 rows in a block, Int64 offset of its block table, Int64 offset of its table of annotations or 0. Tail: the first
/// signature backwards. A codec is a name, the LEB128 length of its parameters and these. Strings are UTF-8 behind their LEB128 length.
/// </remarks>
internal static class SchemaFile
{
    private const ulong Signature = 0x00425644004C4D43;
    private const ulong TailSignature = 0x434D4C0044564200;
    private const ulong Version = 0x0001000100010006;
    private const ulong OldestReadable = 0x0001000100010002;
    private const int HeaderSize = 256;
    private const byte Plain = 0;
    private const byte Deflated = 1;

    /// <summary>Writes the columns that can be stored; the others are dropped with a message.</summary>
    public static void Write(IHostEnvironment env, DataViewSchema schema, Stream stream)
    {
        using IChannel channel = env.Start("Saving Schema");
        var columns = new List<DataViewSchema.Column>();
        foreach (DataViewSchema.Column column in schema)
        {
            if (ColumnCodec.CanStore(column.Type))
                columns.Add(column);
            else
                channel.Info(MessageSensitivity.Schema, "The column '{0}' will not be written as it has unsavable column type.", column.Name);
        }
        channel.Check(columns.Count > 0, "No valid columns to save");

        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(new byte[HeaderSize]);
        long[] annotations = [.. columns.Select(column => WriteAnnotations(channel, writer, column))];
        long contents = writer.FpCur();
        for (int i = 0; i < columns.Count; i++)
        {
            writer.Write(columns[i].Name);
            ColumnCodec.Write(writer, columns[i].Type);
            writer.Write(Deflated);
            writer.WriteLeb128Int(1);
            writer.Write((long)HeaderSize);
            writer.Write(annotations[i]);
        }
        long tail = writer.FpCur();
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

    /// <summary>Reads the columns with those annotations whose type is known here.</summary>
    public static DataViewSchema Read(IHostEnvironment env, Stream stream)
    {
        try
        {
            using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
            return ReadColumns(env, reader);
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException or IOException or InvalidDataException)
        {
            throw env.ExceptDecode(e, $"The entry '{ModelOperationsCatalog.SchemaEntryName}' of the model file is damaged: {e.Message}");
        }
    }

    private static long WriteAnnotations(IChannel channel, BinaryWriter writer, DataViewSchema.Column column)
    {
        var blocks = new List<(DataViewSchema.Column Annotation, byte Compression, long Offset, int Size)>();
        foreach (DataViewSchema.Column annotation in column.Annotations.Schema)
        {
            if (!AnnotationCodec.CanStore(annotation.Type))
            {
                channel.Warning($"The annotation '{annotation.Name}' of the column '{column.Name}' will not be written as it has unsavable type '{annotation.Type}'.");
                continue;
            }
            (byte compression, byte[] block) = MakeBlock(column.Annotations, annotation);
            blocks.Add((annotation, compression, writer.FpCur(), block.Length));
            writer.Write(block);
        }
        if (blocks.Count == 0)
            return 0;
        long table = writer.FpCur();
        writer.WriteLeb128Int((ulong)blocks.Count);
        foreach ((DataViewSchema.Column annotation, byte compression, long offset, int size) in blocks)
        {
            writer.Write(annotation.Name);
            ColumnCodec.Write(writer, annotation.Type);
            writer.Write(compression);
            writer.Write(offset);
            writer.WriteLeb128Int((ulong)size);
        }
        return table;
    }

    // Compressed if that makes it smaller.
    private static (byte Compression, byte[] Block) MakeBlock(DataViewSchema.Annotations annotations, DataViewSchema.Column annotation)
    {
        using var plain = new MemoryStream();
        using (var writer = new BinaryWriter(plain, Encoding.UTF8, leaveOpen: true))
            AnnotationCodec.Write(writer, annotations, annotation);
        using var deflated = new MemoryStream();
        using (var deflate = new DeflateStream(deflated, CompressionMode.Compress, leaveOpen: true))
            plain.WriteTo(deflate);
        return plain.Length <= deflated.Length ? (Plain, plain.ToArray()) : (Deflated, deflated.ToArray());
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
        var columns = new (string Name, DataViewType Type, long Annotations)[count];
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            env.CheckDecode(name.Length > 0, $"column {i} has no name");
            DataViewType type = ColumnCodec.ReadOrNull(env, reader);
            env.CheckDecode(reader.ReadByte() <= Deflated, $"column '{name}' has an unknown compression");
            reader.ReadLeb128Int();
            reader.ReadInt64();
            columns[i] = (name, type, reader.ReadInt64());
        }
        env.CheckDecode(reader.FpCur() == tail, "its table of contents does not end at the tail");

        var builder = new DataViewSchema.Builder();
        foreach ((string name, DataViewType type, long annotations) in columns)
        {
            if (type != null)
                builder.AddColumn(name, type, ReadAnnotations(env, reader, name, annotations, contents));
        }
        return builder.ToSchema();
    }

    private static DataViewSchema.Annotations ReadAnnotations(IHostEnvironment env, BinaryReader reader, string column, long table, long end)
    {
        if (table == 0)
            return null;
        env.CheckDecode(table >= HeaderSize && table < end, $"the annotations of column '{column}' at {table} are not between header and table of contents");
        reader.Seek(table);
        ulong count = reader.ReadLeb128Int();
        env.CheckDecode(count <= (ulong)(end - table), $"{count} annotations of column '{column}' do not fit into {end - table} bytes");
        var blocks = new List<(string Kind, DataViewType Type, bool IsDeflated, long Offset, int Size)>();
        for (ulong i = 0; i < count; i++)
        {
            string kind = reader.ReadString();
            env.CheckDecode(kind.Length > 0, $"an annotation of column '{column}' has no kind");
            DataViewType type = ColumnCodec.ReadOrNull(env, reader);
            byte compression = reader.ReadByte();
            long offset = reader.ReadInt64();
            ulong size = reader.ReadLeb128Int();
            env.CheckDecode(compression <= Deflated, $"the annotation '{kind}' of column '{column}' has an unknown compression");
            env.CheckDecode(offset >= HeaderSize && offset <= end && size <= (ulong)(end - offset), $"the annotation '{kind}' of column '{column}' is not between header and table of contents");
            if (type != null && AnnotationCodec.CanStore(type))
                blocks.Add((kind, type, compression == Deflated, offset, (int)size));
        }

        var annotations = new DataViewSchema.Annotations.Builder();
        foreach ((string kind, DataViewType type, bool isDeflated, long offset, int size) in blocks)
        {
            reader.Seek(offset);
            byte[] block = reader.ReadBytes(size);
            using var content = new BinaryReader(isDeflated ? Inflate(block) : new MemoryStream(block), Encoding.UTF8);
            AnnotationCodec.Read(env, content, kind, type, annotations);
        }
        return annotations.ToAnnotations();
    }

    private static MemoryStream Inflate(byte[] block)
    {
        var inflated = new MemoryStream();
        using var deflate = new DeflateStream(new MemoryStream(block), CompressionMode.Decompress);
        deflate.CopyTo(inflated);
        inflated.Position = 0;
        return inflated;
    }
}
