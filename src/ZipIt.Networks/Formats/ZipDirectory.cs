using System.Buffers.Binary;

namespace ZipIt.Networks;

/// <summary>The directory at the end of a zip archive, which .NET's reader reads whole and keeps about eight times as large.</summary>
internal static class ZipDirectory
{
    /// <summary>Largest directory in bytes; an entry takes about 100.</summary>
    public const long MaximumLength = 8 << 20;

    private const int EndLength = 22;
    private const int LongestComment = ushort.MaxValue;
    private const int LocatorLength = 20;
    private const int StartInEnd = 16;
    private const int StartInEnd64 = 48;

    /// <summary>
    /// Makes sure that an archive's directory is not too large; one that is not there is left to the reader to complain about, if the file is large enough for
    /// one.
    /// </summary>
    /// <exception cref="InvalidDataException">It is, or the file is too small.</exception>
    public static void CheckLength(Stream stream, string source)
    {
        if (stream.Length < EndLength)
            throw new InvalidDataException($"'{source}' is no zip archive, or it is cut off: it has {stream.Length} bytes.");
        var tail = new byte[Math.Min(stream.Length, EndLength + LongestComment + LocatorLength)];
        stream.Position = stream.Length - tail.Length;
        stream.ReadExactly(tail);
        int end = tail.AsSpan(0, Math.Max(tail.Length - EndLength + 4, 0)).LastIndexOf("PK\x05\x06"u8);
        if (end >= 0)
        {
            long start = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(end + StartInEnd));
            if (start == uint.MaxValue && end >= LocatorLength && tail.AsSpan(end - LocatorLength).StartsWith("PK\x06\x07"u8))
                start = ReadLongStart(stream, BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(end - LocatorLength + 8)));
            if (stream.Length - tail.Length + end - start > MaximumLength)
                throw new InvalidDataException($"'{source}' is a zip archive whose directory takes more than {MaximumLength} bytes, which no model needs; it is refused.");
        }

        stream.Position = 0;
    }

    private static long ReadLongStart(Stream stream, long position)
    {
        Span<byte> start = stackalloc byte[8];
        if (position < 0 || position > stream.Length - StartInEnd64 - start.Length)
            return uint.MaxValue;
        stream.Position = position + StartInEnd64;
        stream.ReadExactly(start);
        return BinaryPrimitives.ReadInt64LittleEndian(start);
    }
}
