using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace ZipIt.Networks;

/// <summary>
/// Reads what <see cref="HashedWriter"/> wrote. Every length is checked against the bytes that are left before anything is allocated for
/// it.
/// </summary>
/// <param name="stream">The bytes.</param>
/// <param name="source">Name of the stream for messages.</param>
/// <param name="length">Largest number of bytes in front of the hash.</param>
internal sealed class HashedReader(Stream stream, string source, long length) : IDisposable
{
    private const int MaximumRank = 8;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _position;

    private long Remaining => length - _position;

    public void ReadBytes(Span<byte> bytes)
    {
        Require(bytes.Length);
        try
        {
            stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException)
        {
            throw Fail("the data end too early");
        }

        _hash.AppendData(bytes);
        _position += bytes.Length;
    }

    public byte ReadByte()
    {
        Span<byte> value = stackalloc byte[1];
        ReadBytes(value);
        return value[0];
    }

    public bool ReadBoolean() => ReadByte() switch
    {
        0 => false,
        1 => true,
        var value => throw Fail($"expected 0 or 1, found {value}"),
    };

    public int ReadInt32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        ReadBytes(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    public float ReadSingle() => BitConverter.Int32BitsToSingle(ReadInt32());

    /// <summary>A number of things, each of which takes at least <paramref name="smallest"/> bytes.</summary>
    public int ReadCount(int smallest)
    {
        int count = ReadInt32();
        return count >= 0 && (long)count * smallest <= Remaining
            ? count
            : throw Fail($"a count of {count} does not fit into the {Math.Max(Remaining, 0)} bytes that are left");
    }

    public int[] ReadInt32s()
    {
        var values = new int[ReadCount(sizeof(int))];
        foreach (ref int value in values.AsSpan())
            value = ReadInt32();
        return values;
    }

    public string ReadString()
    {
        var bytes = new byte[ReadCount(1)];
        ReadBytes(bytes);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw Fail("a name is no valid UTF-8", exception);
        }
    }

    public Tensor ReadTensor()
    {
        int rank = ReadInt32();
        if (rank is < 0 or > MaximumRank)
            throw Fail($"expected a tensor of at most {MaximumRank} dimensions, found {rank}");
        Span<int> shape = stackalloc int[rank];
        long count = 1;
        foreach (ref int extent in shape)
        {
            extent = ReadInt32();
            count *= extent;
            if (extent < 0 || count * sizeof(float) > Remaining)
                throw Fail($"a tensor's extent of {extent} does not fit into the {Remaining} bytes that are left");
        }

        Require(count * sizeof(float));
        var tensor = new Tensor(shape);
        ReadBytes(MemoryMarshal.AsBytes(tensor.Span));
        LittleEndian.SwapWhereNeeded(tensor.Span);
        return tensor;
    }

    public void CheckHash()
    {
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> found = stackalloc byte[SHA256.HashSizeInBytes];
        if (stream.ReadAtLeast(expected, expected.Length, throwOnEndOfStream: false) != expected.Length)
            throw Fail("the data end too early");
        _hash.GetHashAndReset(found);
        if (!expected.SequenceEqual(found))
            throw Fail("the checksum at the end does not fit; the data are damaged");
    }

    public InvalidDataException Fail(string problem, Exception? cause = null) => new($"'{source}', byte {_position}: {problem}.", cause);

    public void Dispose() => _hash.Dispose();

    private void Require(long bytes)
    {
        if (bytes > Remaining)
            throw Fail("the data end too early");
    }
}
