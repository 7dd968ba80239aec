using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Stores single values of annotations in the blocks of a binary data view.</summary>
/// <remarks>
/// Numbers and keys: their bytes. Truth value: one byte. Text: Int32 number of texts, Int32 end of each in characters (negative for a missing
/// one), all characters as UTF-8 behind their LEB128 length. Vector: Int32 1, Int32 length (0 if the type has none and it is 0, and then Int32
/// length again), Int32 number of explicit items or -1 for all, Int32 number of indices, Int32 indices, items.
/// </remarks>
internal static class AnnotationCodec
{
    private const int Dense = -1;

    /// <summary>Whether values of the type can be stored.</summary>
    public static bool CanStore(DataViewType type) => type.GetItemType() is NumberDataViewType or KeyDataViewType or TextDataViewType or BooleanDataViewType;

    /// <summary>Writes an annotation.</summary>
    public static void Write(BinaryWriter writer, DataViewSchema.Annotations annotations, DataViewSchema.Column annotation) =>
        Generic.Method(typeof(AnnotationCodec), annotation.Type is VectorDataViewType ? nameof(WriteVector) : nameof(WriteScalar), annotation.Type.GetItemType().RawType)
            .Invoke(null, writer, annotations, annotation);

    /// <summary>Reads a value and adds it as annotation.</summary>
    public static void Read(IExceptionContext ectx, BinaryReader reader, string kind, DataViewType type, DataViewSchema.Annotations.Builder annotations) =>
        Generic.Method(typeof(AnnotationCodec), type is VectorDataViewType ? nameof(ReadVector) : nameof(ReadScalar), type.GetItemType().RawType)
            .Invoke(null, ectx, reader, kind, type, annotations);

    private static void WriteScalar<T>(BinaryWriter writer, DataViewSchema.Annotations annotations, DataViewSchema.Column annotation)
    {
        T value = default;
        annotations.GetGetter<T>(annotation)(ref value);
        WriteItems<T>(writer, [value]);
    }

    private static void WriteVector<T>(BinaryWriter writer, DataViewSchema.Annotations annotations, DataViewSchema.Column annotation)
    {
        VBuffer<T> value = default;
        annotations.GetGetter<VBuffer<T>>(annotation)(ref value);
        writer.Write(1);
        writer.Write(value.Length);
        if (value.Length == 0)
            writer.Write(0);
        writer.Write(Dense);
        writer.Write(0);
        WriteItems<T>(writer, [.. value.DenseValues()]);
    }

    private static void WriteItems<T>(BinaryWriter writer, T[] items)
    {
        switch (items)
        {
            case ReadOnlyMemory<char>[] texts:
                writer.Write(texts.Length);
                int end = 0;
                foreach (ReadOnlyMemory<char> text in texts)
                    writer.Write(end += text.Length);
                writer.Write(string.Concat(texts));
                break;
            case bool[] flags:
                // Eight to a byte, the first lowest.
                var bits = new byte[(flags.Length + 7) / 8];
                for (int i = 0; i < flags.Length; i++)
                    bits[i / 8] |= (byte)((flags[i] ? 1 : 0) << (i % 8));
                writer.Write(bits);
                break;
            default:
                foreach (T item in items)
                    TermComparer.Write(writer, item);
                break;
        }
    }

    private static void ReadScalar<T>(IExceptionContext ectx, BinaryReader reader, string kind, DataViewType type, DataViewSchema.Annotations.Builder annotations)
    {
        T value = ReadItems<T>(ectx, reader, 1)[0];
        annotations.Add(kind, type, (ref T destination) => destination = value);
    }

    private static void ReadVector<T>(IExceptionContext ectx, BinaryReader reader, string kind, DataViewType type, DataViewSchema.Annotations.Builder annotations)
    {
        int count = reader.ReadInt32();
        ectx.CheckDecode(count == 1, $"the annotation '{kind}' has {count} values instead of one");
        int length = reader.ReadInt32();
        if (length == 0)
            length = reader.ReadInt32();
        int size = type.GetVectorSize();
        ectx.CheckDecode(length >= 0 && (size == 0 || length == size), $"the annotation '{kind}' has {length} items instead of {size}");
        int active = reader.ReadInt32();
        int indexCount = reader.ReadInt32();
        ectx.CheckDecode(
            active == Dense ? indexCount == 0 : indexCount == active && active >= 0 && active <= length, $"the annotation '{kind}' has {active} explicit items and {indexCount} indices");
        var indices = new int[active == Dense ? 0 : Checked(ectx, reader, active, sizeof(int))];
        for (int i = 0; i < indices.Length; i++)
        {
            indices[i] = reader.ReadInt32();
            ectx.CheckDecode(indices[i] > (i == 0 ? -1 : indices[i - 1]) && indices[i] < length, $"the indices of the annotation '{kind}' do not rise");
        }
        T[] items = ReadItems<T>(ectx, reader, active == Dense ? length : active);
        var stored = new VBuffer<T>(length, items.Length, items, indices);
        annotations.Add(kind, type, (ref VBuffer<T> value) => stored.CopyTo(ref value));
    }

    private static T[] ReadItems<T>(IExceptionContext ectx, BinaryReader reader, int count)
    {
        if (typeof(T) == typeof(ReadOnlyMemory<char>))
            return (T[])(object)ReadTexts(ectx, reader, count);
        if (typeof(T) == typeof(bool))
        {
            byte[] bits = reader.ReadBytes(Checked(ectx, reader, (count + 7) / 8, sizeof(byte)));
            return (T[])(object)Enumerable.Range(0, count).Select(i => (bits[i / 8] >> (i % 8) & 1) != 0).ToArray();
        }
        byte[] bytes = reader.ReadBytes(Checked(ectx, reader, count, Unsafe.SizeOf<T>()) * Unsafe.SizeOf<T>());
        var items = new T[count];
        bytes.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetArrayDataReference(items)), bytes.Length));
        return items;
    }

    private static ReadOnlyMemory<char>[] ReadTexts(IExceptionContext ectx, BinaryReader reader, int count)
    {
        int stored = reader.ReadInt32();
        ectx.CheckDecode(stored == count, $"there are {stored} texts instead of {count}");
        var ends = new int[Checked(ectx, reader, count, sizeof(int))];
        for (int i = 0; i < ends.Length; i++)
            ends[i] = reader.ReadInt32() & int.MaxValue;
        string characters = reader.ReadString();
        var texts = new ReadOnlyMemory<char>[count];
        int start = 0;
        for (int i = 0; i < count; i++)
        {
            ectx.CheckDecode(ends[i] >= start && ends[i] <= characters.Length, $"text {i} ends at {ends[i]} of {characters.Length} characters");
            texts[i] = characters.AsMemory(start, ends[i] - start);
            start = ends[i];
        }
        return texts;
    }

    // A count for which the remaining bytes suffice.
    private static int Checked(IExceptionContext ectx, BinaryReader reader, int count, int size)
    {
        long remaining = reader.BaseStream.Length - reader.FpCur();
        ectx.CheckDecode(count >= 0 && (long)count * size <= remaining, $"{count} values of {size} bytes do not fit into {remaining}");
        return count;
    }
}
