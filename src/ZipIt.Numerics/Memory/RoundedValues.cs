using System.Numerics;
using System.Runtime.InteropServices;

namespace ZipIt.Numerics;

/// <summary>
/// Floats in half of their memory: the upper 16 bits, rounded to nearest even (bfloat16), so that the range stays and 3 digits are left. For many values that
/// only count together.
/// </summary>
internal static class RoundedValues
{
    private const uint Infinity = 0x7F800000;

    /// <summary>Number of floats whose memory some values take.</summary>
    public static int SizeOf(int count) => count / 2 + count % 2;

    /// <summary>The values that a buffer of floats has room for.</summary>
    public static Span<ushort> In(Span<float> memory) => MemoryMarshal.Cast<float, ushort>(memory);

    /// <summary>Rounds values.</summary>
    public static void Round(ReadOnlySpan<float> values, Span<ushort> rounded)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rounded.Length, values.Length, nameof(rounded));
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int i = 0;
        for (; i <= bits.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
            Vector.Narrow(Round(new Vector<uint>(bits[i..])), Round(new Vector<uint>(bits[(i + Vector<uint>.Count)..]))).CopyTo(rounded[i..]);
        for (; i < bits.Length; i++)
            rounded[i] = Round(bits[i]);
    }

    /// <summary>Rounds values that stay floats.</summary>
    public static void Round(ReadOnlySpan<float> values, Span<float> rounded)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rounded.Length, values.Length, nameof(rounded));
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        Span<uint> result = MemoryMarshal.Cast<float, uint>(rounded);
        int i = 0;
        for (; i <= bits.Length - Vector<uint>.Count; i += Vector<uint>.Count)
            (Round(new Vector<uint>(bits[i..])) << 16).CopyTo(result[i..]);
        for (; i < bits.Length; i++)
            result[i] = (uint)Round(bits[i]) << 16;
    }

    /// <summary>The opposite.</summary>
    public static void Expand(ReadOnlySpan<ushort> rounded, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, rounded.Length, nameof(values));
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int i = 0;
        for (; i <= bits.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(rounded[i..]), out Vector<uint> low, out Vector<uint> high);
            (low << 16).CopyTo(bits[i..]);
            (high << 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }

        for (; i < bits.Length; i++)
            bits[i] = (uint)rounded[i] << 16;
    }

    private static ushort Round(uint bits) => (ushort)((bits & int.MaxValue) > Infinity ? bits >> 16 | 0x40 : bits + 0x7FFF + (bits >> 16 & 1) >> 16);

    /// <summary>What is no number stays none, whatever its lower bits are.</summary>
    private static Vector<uint> Round(Vector<uint> bits)
    {
        Vector<uint> upper = bits >>> 16;
        return Vector.ConditionalSelect(
            Vector.GreaterThan(bits & new Vector<uint>(int.MaxValue), new Vector<uint>(Infinity)),
            upper | new Vector<uint>(0x40),
            (bits + new Vector<uint>(0x7FFF) + (upper & Vector<uint>.One)) >>> 16);
    }
}
