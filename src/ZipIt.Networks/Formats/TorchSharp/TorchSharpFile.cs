using System.Buffers.Binary;
using System.Text;

namespace ZipIt.Networks;

/// <summary>
/// Reads and writes the files of TorchSharp's <c>Module.save</c> and <c>Module.load</c> (usually <c>.dat</c>), which ML.NET's own models hold too. They have no
/// mark to be known by, no version and no checksum.
/// </summary>
/// <remarks>
/// All element types become 32-bit floats. Tensors are written as 32-bit floats, and the counters of batch normalization (<c>num_batches_tracked</c>), which
/// TorchSharp asks for, as 64-bit integers.
/// </remarks>
/*
 * number    tensors
 *   number    length of the name in bytes
 *   bytes     the name, UTF-8
 *   number    type of the elements
 *   number    dimensions
 *   number …  extent of each
 *   bytes     the elements, row-major, little-endian
 *
 * number = LEB128: 7 bits a byte, the lowest first, the highest bit says that another byte follows.
 */
public static class TorchSharpFile
{
    /// <summary>Largest number of tensors that is read: 131,072.</summary>
    public const int MaximumTensors = 1 << 17;

    private const int LongestName = 1 << 16;
    private const int MostDimensions = 16;
    private const int SmallestEntry = 4; // a name of one byte, and a scalar of one byte
    private const int TensorSize = 320; // what a tensor takes beside its name and elements, in bytes
    private const string Counter = "num_batches_tracked";

    private static readonly Dictionary<long, ElementType> Types = new()
    {
        [0] = ElementType.UInt8,
        [1] = ElementType.Int8,
        [2] = ElementType.Int16,
        [3] = ElementType.Int32,
        [4] = ElementType.Int64,
        [5] = ElementType.Float16,
        [6] = ElementType.Float32,
        [7] = ElementType.Float64,
        [11] = ElementType.Bool,
        [15] = ElementType.BFloat16,
    };

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InvalidDataException">The file is damaged or not of this format; the message names the file and the tensor.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static StateDictionary Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return Load(stream, path);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="stream">The file, from its beginning to its end; must be able to seek.</param>
    /// <param name="source">Name of the file for messages.</param>
    /// <exception cref="InvalidDataException">See <see cref="Load(string)"/>.</exception>
    public static StateDictionary Load(Stream stream, string source)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            return new StateDictionary(source, ReadTensors(stream, source));
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException($"'{source}' ends too early; the file is damaged, or no file of TorchSharp.");
        }
    }

    /// <summary>Writes a file; an existing one is replaced only when the new one is complete.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="tensors">The tensors with their names, which must be distinct and not empty.</param>
    /// <exception cref="ArgumentException">Two tensors share a name, or one has none.</exception>
    public static void Save(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        AtomicFile.Write(path, stream => Save(stream, tensors));
    }

    /// <summary>Writes the content of a file.</summary>
    /// <param name="stream">Receives the bytes, the same for the same tensors.</param>
    /// <param name="tensors">The tensors with their names, which must be distinct and not empty.</param>
    /// <exception cref="ArgumentException">Two tensors share a name, or one has none.</exception>
    public static void Save(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        KeyValuePair<string, Tensor>[] entries = [.. tensors];
        var names = new HashSet<string>(StringComparer.Ordinal) { "" };
        foreach ((string name, _) in entries)
        {
            if (!names.Add(name))
                throw new ArgumentException($"The tensor name '{name}' is empty or was given twice.", nameof(tensors));
        }

        WriteNumber(stream, entries.Length);
        foreach ((string name, Tensor tensor) in entries)
        {
            byte[] text = Utf8.GetBytes(name);
            WriteNumber(stream, text.Length);
            stream.Write(text);
            Write(stream, tensor, tensor.Rank == 0 && name.EndsWith(Counter, StringComparison.Ordinal) ? ElementType.Int64 : ElementType.Float32);
        }
    }

    /// <summary>Whether a file's first bytes are those of this format: a number of tensors, and a name and a shape as modules have them.</summary>
    /// <param name="start">The first bytes; <see cref="StartLength"/> of them if the file has so many.</param>
    internal static bool IsLikely(ReadOnlySpan<byte> start)
    {
        if (!TryReadNumber(ref start, out long count) || count is < 1 or > MaximumTensors || !TryReadNumber(ref start, out long length) || length < 1
            || length > start.Length)
            return false;
        foreach (byte letter in start[..(int)length])
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter is not ((byte)'.' or (byte)'_' or (byte)'-' or (byte)'/') && letter < 0x80)
                return false;
        }

        start = start[(int)length..];
        return TryReadNumber(ref start, out long type) && Types.ContainsKey(type) && TryReadNumber(ref start, out long dimensions)
            && dimensions <= MostDimensions;
    }

    /// <summary>Number of bytes that <see cref="IsLikely"/> asks for.</summary>
    internal const int StartLength = 512;

    private static IEnumerable<KeyValuePair<string, Tensor>> ReadTensors(Stream stream, string source)
    {
        var budget = new ReadingBudget(source, stream.Length);
        long count = ReadNumber(stream, source);
        if (count > MaximumTensors || count * SmallestEntry > stream.Length - stream.Position)
        {
            throw new InvalidDataException(
                $"'{source}' claims to hold {count} tensors in {stream.Length} bytes, at most {MaximumTensors} are allowed; it is damaged, or no file of TorchSharp.");
        }

        for (long i = 0; i < count; i++)
        {
            long length = ReadNumber(stream, source);
            if (length is < 1 or > LongestName || length > stream.Length - stream.Position)
                throw new InvalidDataException($"'{source}', tensor {i}: expected a name of 1 to {LongestName} bytes, found {length}.");
            budget.Take(TensorSize + 2 * length, $"tensor {i}");
            string name = ReadName(stream, (int)length, source, i);
            yield return KeyValuePair.Create(name, ReadTensor(stream, budget, source, name));
        }

        if (stream.Position != stream.Length)
            throw new InvalidDataException($"'{source}' goes on for {stream.Length - stream.Position} bytes behind its last tensor; it is damaged, or no file of TorchSharp.");
    }

    private static string ReadName(Stream stream, int length, string source, long index)
    {
        var bytes = new byte[length];
        stream.ReadExactly(bytes);
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException($"'{source}', tensor {index}: its name is no text.");
        }
    }

    private static Tensor ReadTensor(Stream stream, ReadingBudget budget, string source, string name)
    {
        long code = ReadNumber(stream, source);
        if (!Types.TryGetValue(code, out ElementType type))
            throw new InvalidDataException($"'{source}', tensor '{NameList.Shorten(name)}': elements of type {code} are not supported (complex or quantized numbers?).");
        long dimensions = ReadNumber(stream, source);
        if (dimensions > MostDimensions)
            throw new InvalidDataException($"'{source}', tensor '{NameList.Shorten(name)}': expected at most {MostDimensions} dimensions, found {dimensions}.");
        var shape = new int[dimensions];
        long elements = 1;
        for (int d = 0; d < shape.Length; d++)
        {
            long extent = ReadNumber(stream, source);
            if (extent > Array.MaxLength || (elements *= extent) > Array.MaxLength)
                throw new InvalidDataException($"'{source}', tensor '{NameList.Shorten(name)}' has more than {Array.MaxLength} elements.");
            shape[d] = (int)extent;
        }

        if (elements * type.Size() > stream.Length - stream.Position)
        {
            throw new InvalidDataException(
                $"'{source}', tensor '{NameList.Shorten(name)}' of shape {Tensor.FormatShape(shape)} needs {elements * type.Size()} bytes, " +
                $"{stream.Length - stream.Position} are left; the file is damaged.");
        }

        budget.Take(elements * sizeof(float), $"tensor '{NameList.Shorten(name)}'");
        return type.ReadTensor(stream, shape);
    }

    private static long ReadNumber(Stream stream, string source)
    {
        const int MostBits = 63;
        long value = 0;
        for (int shift = 0; shift < MostBits; shift += 7)
        {
            int next = stream.ReadByte();
            if (next < 0)
                throw new EndOfStreamException();
            value |= (long)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new InvalidDataException($"'{source}', byte {stream.Position}: a number is too large.");
    }

    private static bool TryReadNumber(ref ReadOnlySpan<byte> bytes, out long value)
    {
        const int MostBytes = 5;
        value = 0;
        for (int i = 0; i < Math.Min(bytes.Length, MostBytes); i++)
        {
            value |= (long)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    private static void Write(Stream stream, Tensor tensor, ElementType type)
    {
        WriteNumber(stream, Types.First(entry => entry.Value == type).Key);
        WriteNumber(stream, tensor.Rank);
        foreach (int extent in tensor.Shape)
            WriteNumber(stream, extent);
        if (type == ElementType.Float32)
        {
            LittleEndian.WriteFloats(stream, tensor.Span);
            return;
        }

        Span<byte> whole = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(whole, (long)tensor.Span[0]);
        stream.Write(whole);
    }

    private static void WriteNumber(Stream stream, long value)
    {
        for (; value >= 0x80; value >>= 7)
            stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }
}
