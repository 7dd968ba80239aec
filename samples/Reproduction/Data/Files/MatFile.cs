using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Reproduction.Data;

/// <summary>
/// Lists of texts and arrays of numbers in a file of MATLAB's (version 5 of its format, which <c>save</c> writes by default, compressed or not). Variables of
/// other kinds are passed over.
/// </summary>
internal sealed class MatFile
{
    private const int HeadLength = 128;
    private const int TagLength = 8;
    private const int MostBytes = 64 << 20;

    private readonly string _path;
    private readonly Dictionary<string, IReadOnlyList<string>> _texts = [];
    private readonly Dictionary<string, IReadOnlyList<double>> _numbers = [];

    private MatFile(string path) => _path = path;

    /// <summary>Kinds of data in a file.</summary>
    private enum ElementType
    {
        Int8 = 1,
        UInt8 = 2,
        Int16 = 3,
        UInt16 = 4,
        Int32 = 5,
        UInt32 = 6,
        Single = 7,
        Double = 9,
        Int64 = 12,
        UInt64 = 13,
        Matrix = 14,
        Compressed = 15,
        Utf8 = 16,
        Utf16 = 17,
    }

    /// <summary>Kinds of variables; what lies between the first and the last kind of number is one, too.</summary>
    private enum ArrayClass
    {
        Cell = 1,
        Char = 4,
        Double = 6,
        UInt64 = 15,
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It has another format, or is damaged.</exception>
    public static MatFile Read(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        if (new FileInfo(path).Length > MostBytes)
            throw new InvalidDataException($"'{path}' is larger than {MostBytes >> 20} MiB, too large for a list.");
        byte[] bytes = File.ReadAllBytes(path);
        const int Version = 0x0100, LittleEndian = 0x4D49;
        if (bytes.Length < HeadLength || BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(HeadLength - 2)) != LittleEndian
            || BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(HeadLength - 4)) != Version)
        {
            throw new InvalidDataException($"'{path}' is no file of MATLAB's version 5, as the data set has it; save it with the option -v7.");
        }

        var file = new MatFile(path);
        try
        {
            file.ReadVariables(bytes.AsSpan(HeadLength));
        }
        catch (Exception error) when (error is ArgumentException or EndOfStreamException
            || (error is InvalidDataException && !error.Message.Contains(path, StringComparison.Ordinal)))
        {
            throw new InvalidDataException($"'{path}' is damaged: its elements do not fit into each other.", error);
        }

        return file;
    }

    /// <summary>A cell array of texts.</summary>
    /// <exception cref="InvalidDataException">There is none of that name.</exception>
    public IReadOnlyList<string> GetTexts(string name) => Get(_texts, name, "a cell array of texts");

    /// <summary>An array of numbers.</summary>
    /// <exception cref="InvalidDataException">There is none of that name.</exception>
    public IReadOnlyList<double> GetNumbers(string name) => Get(_numbers, name, "an array of numbers");

    private T Get<T>(Dictionary<string, T> variables, string name, string kind) => variables.TryGetValue(name, out T? variable)
        ? variable
        : throw new InvalidDataException($"'{_path}' has no variable '{name}' that is {kind}; it has {string.Join(", ", _texts.Keys.Concat(_numbers.Keys))}.");

    private void ReadVariables(ReadOnlySpan<byte> rest)
    {
        while (rest.Length >= TagLength)
        {
            ReadOnlySpan<byte> data = Take(ref rest, out ElementType type);
            if (type == ElementType.Compressed)
            {
                ReadOnlySpan<byte> inflated = Inflate(data);
                data = Take(ref inflated, out type);
            }

            if (type == ElementType.Matrix)
                ReadVariable(data);
        }
    }

    private byte[] Inflate(ReadOnlySpan<byte> data)
    {
        using var stream = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
        var tag = new byte[TagLength];
        stream.ReadExactly(tag);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(tag.AsSpan(4));
        if (length > MostBytes)
            throw new InvalidDataException($"'{_path}' has a variable of {length} bytes, too many for a list.");
        var inflated = new byte[TagLength + (int)length];
        tag.CopyTo(inflated, 0);
        stream.ReadExactly(inflated.AsSpan(TagLength));
        return inflated;
    }

    private void ReadVariable(ReadOnlySpan<byte> data)
    {
        ArrayClass kind = ReadHead(ref data, out int count, out string name);
        if (kind == ArrayClass.Cell)
        {
            // Each cell takes a tag at least, so that the count cannot be larger than the data.
            var texts = new List<string>(Math.Min(count, data.Length / TagLength));
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> cell = Take(ref data, out ElementType type);
                if (type != ElementType.Matrix || ReadHead(ref cell, out _, out _) != ArrayClass.Char)
                    return; // cells of another kind
                texts.Add(ReadText(ref cell));
            }

            _texts[name] = texts;
        }
        else if (kind is >= ArrayClass.Double and <= ArrayClass.UInt64)
        {
            double[] numbers = ReadNumbers(ref data);
            if (numbers.Length != count)
                throw new InvalidDataException($"'{_path}' has {numbers.Length} values of '{name}' instead of {count}.");
            _numbers[name] = numbers;
        }
    }

    /// <summary>Reads what comes before the data of an array: its class, number of elements and name.</summary>
    private static ArrayClass ReadHead(ref ReadOnlySpan<byte> data, out int count, out string name)
    {
        ReadOnlySpan<byte> flags = Take(ref data, out _), extents = Take(ref data, out _);
        long product = 1;
        for (int i = 0; i < extents.Length / sizeof(int); i++)
        {
            int extent = BinaryPrimitives.ReadInt32LittleEndian(extents[(i * sizeof(int))..]);
            product = extent >= 0 && product * extent <= MostBytes ? product * extent : throw new InvalidDataException("An array is too large.");
        }

        count = (int)product;
        name = Encoding.ASCII.GetString(Take(ref data, out _));
        return flags.IsEmpty ? throw new InvalidDataException("An array has no flags.") : (ArrayClass)flags[0];
    }

    private static string ReadText(ref ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> text = Take(ref data, out ElementType type);
        return type is ElementType.UInt16 or ElementType.Utf16 ? Encoding.Unicode.GetString(text) : Encoding.UTF8.GetString(text);
    }

    /// <summary>Reads numbers, which are stored in the smallest type that holds them.</summary>
    private static double[] ReadNumbers(ref ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> values = Take(ref data, out ElementType type);
        int size = type switch
        {
            ElementType.Int8 or ElementType.UInt8 => 1,
            ElementType.Int16 or ElementType.UInt16 => 2,
            ElementType.Int32 or ElementType.UInt32 or ElementType.Single => 4,
            ElementType.Int64 or ElementType.UInt64 or ElementType.Double => 8,
            _ => throw new InvalidDataException("Numbers have an unknown type."),
        };
        var numbers = new double[values.Length / size];
        for (int i = 0; i < numbers.Length; i++)
        {
            ReadOnlySpan<byte> value = values.Slice(i * size, size);
            numbers[i] = type switch
            {
                ElementType.Int8 => (sbyte)value[0],
                ElementType.UInt8 => value[0],
                ElementType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(value),
                ElementType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(value),
                ElementType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(value),
                ElementType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(value),
                ElementType.Single => BinaryPrimitives.ReadSingleLittleEndian(value),
                ElementType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(value),
                ElementType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(value),
                _ => BinaryPrimitives.ReadDoubleLittleEndian(value),
            };
        }

        return numbers;
    }

    /// <summary>Takes an element away from the front: a type, a length and that many bytes, and zeros up to a multiple of eight.</summary>
    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> rest, out ElementType type)
    {
        uint first = BinaryPrimitives.ReadUInt32LittleEndian(rest);
        int length, start = TagLength, taken = TagLength;
        if (first >> 16 != 0)
        {
            // Up to four bytes share the eight of the tag; the length is then in the first word.
            (type, length, start) = ((ElementType)(first & 0xFFFF), (int)(first >> 16), TagLength / 2);
            if (length > TagLength / 2)
                throw new InvalidDataException("A short element is too long.");
        }
        else
        {
            type = (ElementType)first;
            length = checked((int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]), int.MaxValue - TagLength));
            taken += type == ElementType.Compressed ? length : Math.Min((length + 7) / 8 * 8, rest.Length - TagLength);
        }

        ReadOnlySpan<byte> data = rest.Slice(start, length);
        rest = rest[taken..];
        return data;
    }
}
