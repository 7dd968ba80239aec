using System.Buffers;
using System.Buffers.Binary;
using System.Collections.ObjectModel;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ZipIt.Networks;

/// <summary>
/// Reads and writes safetensors files: the length of the header (uint64), the header (JSON: for each tensor its type, shape and place),
/// then the elements.
/// </summary>
/// <remarks>All element types become 32-bit floats; tensors are written as <c>F32</c>.</remarks>
public static class SafeTensors
{
    /// <summary>Largest header in bytes, as the format's own library has it.</summary>
    public const int MaximumHeaderLength = 100_000_000;

    /// <summary>Largest number of tensors that is read: 131,072.</summary>
    public const int MaximumTensors = 1 << 17;

    private const string MetadataName = "__metadata__";

    /// <summary>What a tensor takes beside its name and elements: an object, its shape, and places in lists, in bytes.</summary>
    private const int TensorSize = 320;

    private const int TextSize = 64;
    private const int MostNumbers = 16;

    private static readonly (string Text, ElementType Type)[] Types =
    [
        ("F32", ElementType.Float32),
        ("F16", ElementType.Float16),
        ("BF16", ElementType.BFloat16),
        ("F64", ElementType.Float64),
        ("I64", ElementType.Int64),
        ("I32", ElementType.Int32),
        ("I16", ElementType.Int16),
        ("I8", ElementType.Int8),
        ("U8", ElementType.UInt8),
        ("BOOL", ElementType.Bool),
    ];

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InvalidDataException">The file is damaged or not of this format; the message names the file and the tensor.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static StateDictionary Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return Load(stream, path);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="stream">The file, from its beginning; must be able to seek.</param>
    /// <param name="source">Name of the file for messages.</param>
    /// <exception cref="InvalidDataException">See <see cref="Load(string)"/>.</exception>
    public static StateDictionary Load(Stream stream, string source)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        if (stream.Length < 8)
            throw new InvalidDataException($"'{source}' has {stream.Length} bytes; a safetensors file has at least 8.");
        Span<byte> prefix = stackalloc byte[8];
        stream.ReadExactly(prefix);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > MaximumHeaderLength || headerLength > (ulong)(stream.Length - 8))
        {
            throw new InvalidDataException($"'{source}' declares a header of {headerLength} bytes; the file has {stream.Length - 8} more, "
                + $"and at most {MaximumHeaderLength} are allowed.");
        }

        var budget = new ReadingBudget(source, stream.Length);
        (List<Entry> entries, Dictionary<string, string> metadata) = ReadHeader(stream, (int)headerLength, budget, source);
        CheckPlaces(entries, stream.Length - 8 - (long)headerLength, source);
        return new StateDictionary(source, entries.Select(Read), metadata);

        KeyValuePair<string, Tensor> Read(Entry entry)
        {
            budget.Take(entry.Count * sizeof(float), $"tensor '{NameList.Shorten(entry.Name)}'");
            stream.Position = 8 + (long)headerLength + entry.Begin;
            return KeyValuePair.Create(entry.Name, entry.Type.ReadTensor(stream, entry.Shape));
        }
    }

    /// <summary>Writes a file; an existing one is replaced only when the new one is complete.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="tensors">The tensors with their names, which must be distinct.</param>
    /// <param name="metadata">Text to store beside the tensors; null for none.</param>
    /// <exception cref="ArgumentException">Two tensors share a name, or one has the reserved name <c>__metadata__</c>.</exception>
    public static void Save(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        AtomicFile.Write(path, stream => Save(stream, tensors, metadata));
    }

    /// <summary>Writes the content of a file.</summary>
    /// <param name="stream">Receives the bytes.</param>
    /// <param name="tensors">The tensors with their names, which must be distinct.</param>
    /// <param name="metadata">Text to store beside the tensors; null for none.</param>
    /// <exception cref="ArgumentException">Two tensors share a name, or one has the reserved name <c>__metadata__</c>.</exception>
    public static void Save(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        KeyValuePair<string, Tensor>[] entries = [.. tensors];
        byte[] header = WriteHeader(entries, metadata);
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach ((_, Tensor tensor) in entries)
            LittleEndian.WriteFloats(stream, tensor.Span);
    }

    private static byte[] WriteHeader(KeyValuePair<string, Tensor>[] entries, IReadOnlyDictionary<string, string>? metadata)
    {
        const int Alignment = 8;
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                writer.WriteStartObject(MetadataName);
                foreach ((string key, string value) in metadata)
                    writer.WriteString(key, value);
                writer.WriteEndObject();
            }

            var names = new HashSet<string>(StringComparer.Ordinal) { MetadataName };
            long offset = 0;
            foreach ((string name, Tensor tensor) in entries)
            {
                if (!names.Add(name))
                    throw new ArgumentException($"The tensor name '{name}' is reserved or was given twice.", nameof(entries));
                writer.WriteStartObject(name);
                writer.WriteString("dtype", "F32");
                writer.WriteStartArray("shape");
                foreach (int extent in tensor.Shape)
                    writer.WriteNumberValue(extent);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(offset);
                writer.WriteNumberValue(offset += (long)tensor.Length * sizeof(float));
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        // Spaces behind the JSON let the elements start at a multiple of their size.
        int padded = (buffer.WrittenCount + Alignment - 1) / Alignment * Alignment;
        var header = new byte[padded];
        buffer.WrittenSpan.CopyTo(header);
        header.AsSpan(buffer.WrittenCount).Fill((byte)' ');
        return header;
    }

    private static (List<Entry> Entries, Dictionary<string, string> Metadata) ReadHeader(Stream stream, int length, ReadingBudget budget, string source)
    {
        budget.Take(length, "its header");
        var json = new byte[length];
        stream.ReadExactly(json);
        var entries = new List<Entry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            if (json.Length == 0 || json[0] != '{')
                throw new InvalidDataException($"'{source}': expected the header to begin with '{{'.");
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                budget.Take(TensorSize + 2L * name.Length, "its header");
                if (!names.Add(name))
                    throw new InvalidDataException($"'{source}' declares '{NameList.Shorten(name)}' twice.");
                if (entries.Count == MaximumTensors)
                    throw new InvalidDataException($"'{source}' declares more than {MaximumTensors} tensors.");
                reader.Read();
                if (name == MetadataName)
                    ReadMetadata(ref reader, metadata, budget, source);
                else
                    entries.Add(ReadEntry(ref reader, name, source));
            }

            while (reader.Read())
            {
                // Only the white space of the padding may follow; the reader itself refuses anything else.
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"'{source}' has a damaged header: {exception.Message}", exception);
        }

        budget.Return(length);
        return (entries, metadata);
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata, ReadingBudget budget, string source)
    {
        Expect(ref reader, JsonTokenType.StartObject, MetadataName, source);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            Expect(ref reader, JsonTokenType.String, MetadataName, source);
            string value = reader.GetString()!;
            budget.Take(3 * TextSize + 2L * (key.Length + value.Length), "its metadata");
            if (!metadata.TryAdd(key, value))
                throw new InvalidDataException($"'{source}' declares the metadata '{NameList.Shorten(key)}' twice.");
        }
    }

    private static Entry ReadEntry(ref Utf8JsonReader reader, string name, string source)
    {
        Expect(ref reader, JsonTokenType.StartObject, name, source);
        ElementType? type = null;
        Span<long> shape = stackalloc long[MostNumbers];
        Span<long> offsets = stackalloc long[MostNumbers];
        int shapeLength = -1, offsetsLength = -1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("dtype"u8) && type is null)
            {
                reader.Read();
                Expect(ref reader, JsonTokenType.String, name, source);
                type = ParseType(ref reader, name, source);
            }
            else if (reader.ValueTextEquals("shape"u8) && shapeLength < 0)
            {
                shapeLength = ReadNumbers(ref reader, shape, name, source);
            }
            else if (reader.ValueTextEquals("data_offsets"u8) && offsetsLength < 0)
            {
                offsetsLength = ReadNumbers(ref reader, offsets, name, source);
            }
            else
            {
                throw new InvalidDataException($"'{source}', tensor '{NameList.Shorten(name)}': the property "
                    + $"'{NameList.Shorten(reader.GetString()!)}' is not known or is given twice.");
            }
        }

        if (type is not { } elements || shapeLength < 0 || offsetsLength != 2)
            throw new InvalidDataException($"'{source}', tensor '{NameList.Shorten(name)}': expected a dtype, a shape and two data_offsets.");
        return new Entry(name, elements, CheckShape(shape[..shapeLength], elements, offsets[0], offsets[1], name, source), offsets[0], offsets[1]);
    }

    private static ElementType ParseType(ref Utf8JsonReader reader, string name, string source)
    {
        foreach ((string text, ElementType type) in Types)
        {
            if (reader.ValueTextEquals(text))
                return type;
        }

        throw new InvalidDataException($"'{source}', tensor '{NameList.Shorten(name)}': the element type '{NameList.Shorten(reader.GetString()!)}' "
            + "is not supported.");
    }

    private static int ReadNumbers(ref Utf8JsonReader reader, scoped Span<long> numbers, string name, string source)
    {
        reader.Read();
        Expect(ref reader, JsonTokenType.StartArray, name, source);
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(ref reader, JsonTokenType.Number, name, source);
            if (!reader.TryGetInt64(out long number) || number < 0 || count == numbers.Length)
            {
                throw new InvalidDataException($"'{source}', tensor '{NameList.Shorten(name)}': expected at most {numbers.Length} whole "
                    + "numbers of at least 0.");
            }

            numbers[count++] = number;
        }

        return count;
    }

    private static int[] CheckShape(ReadOnlySpan<long> shape, ElementType type, long begin, long end, string name, string source)
    {
        long count = 1;
        foreach (long extent in shape)
        {
            if (extent > Array.MaxLength || (count *= extent) > Array.MaxLength)
                throw new InvalidDataException($"'{source}', tensor '{NameList.Shorten(name)}' has more than {Array.MaxLength} elements.");
        }

        if (end < begin || end - begin != count * type.Size())
        {
            throw new InvalidDataException($"'{source}', tensor '{NameList.Shorten(name)}' of shape [{string.Join(", ", shape.ToArray())}] needs "
                + $"{count * type.Size()} bytes; "
                + $"its data_offsets {begin} and {end} declare {end - begin}.");
        }

        var extents = new int[shape.Length];
        for (int d = 0; d < extents.Length; d++)
            extents[d] = (int)shape[d];
        return extents;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType expected, string name, string source)
    {
        if (reader.TokenType != expected)
            throw new InvalidDataException($"'{source}', '{NameList.Shorten(name)}' in the header: expected {expected}, found {reader.TokenType}.");
    }

    /// <summary>The format demands that the tensors fill the rest of the file without gap or overlap.</summary>
    private static void CheckPlaces(List<Entry> entries, long length, string source)
    {
        long position = 0;
        foreach (Entry entry in entries.OrderBy(entry => (entry.Begin, entry.End)))
        {
            string name = NameList.Shorten(entry.Name);
            if (entry.End > length)
            {
                throw new InvalidDataException($"'{source}', tensor '{name}' ends at byte {entry.End} of the data, which has {length}; "
                    + "the file is damaged or incomplete.");
            }

            if (entry.Begin != position)
            {
                throw new InvalidDataException($"'{source}', tensor '{name}' begins at byte {entry.Begin} of the data, but the one before "
                    + $"ends at {position}.");
            }

            position = entry.End;
        }

        if (position != length)
            throw new InvalidDataException($"'{source}' has {length} bytes of data, but its tensors use {position}.");
    }

    private readonly record struct Entry(string Name, ElementType Type, int[] Shape, long Begin, long End)
    {
        public long Count => (End - Begin) / Type.Size();
    }
}
