using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ZipIt.Networks;

/// <summary>Floats in files: always little-endian, whatever the machine.</summary>
internal static class LittleEndian
{
    public static void ReadFloats(Stream stream, Span<float> values)
    {
        stream.ReadExactly(MemoryMarshal.AsBytes(values));
        SwapWhereNeeded(values);
    }

    public static void WriteFloats(Stream stream, ReadOnlySpan<float> values)
    {
        if (BitConverter.IsLittleEndian)
        {
            stream.Write(MemoryMarshal.AsBytes(values));
            return;
        }

        float[] swapped = values.ToArray();
        SwapWhereNeeded(swapped);
        stream.Write(MemoryMarshal.AsBytes<float>(swapped));
    }

    /// <summary>Turns floats that were read as little-endian bytes into those of this machine, or back.</summary>
    public static void SwapWhereNeeded(Span<float> values)
    {
        if (!BitConverter.IsLittleEndian)
        {
            Span<int> bits = MemoryMarshal.Cast<float, int>(values);
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }
    }
}
