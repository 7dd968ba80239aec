using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace ZipIt.Networks;

/// <summary>Writes little-endian values and, at the end, the SHA-256 of all of them.</summary>
internal sealed class HashedWriter(Stream stream) : IDisposable
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        _hash.AppendData(bytes);
    }

    public void WriteByte(byte value) => WriteBytes([value]);

    public void WriteBoolean(bool value) => WriteByte(value ? (byte)1 : (byte)0);

    public void WriteInt32(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        WriteBytes(bytes);
    }

    public void WriteSingle(float value) => WriteInt32(BitConverter.SingleToInt32Bits(value));

    public void WriteString(string text)
    {
        byte[] bytes = StrictUtf8.GetBytes(text);
        WriteInt32(bytes.Length);
        WriteBytes(bytes);
    }

    public void WriteTensor(Tensor tensor)
    {
        WriteInt32(tensor.Rank);
        foreach (int extent in tensor.Shape)
            WriteInt32(extent);
        if (BitConverter.IsLittleEndian)
        {
            WriteBytes(MemoryMarshal.AsBytes(tensor.Span));
            return;
        }

        foreach (float value in tensor.Span)
            WriteSingle(value);
    }

    public void WriteHash() => stream.Write(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}
