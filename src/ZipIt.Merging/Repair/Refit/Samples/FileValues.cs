using System.Runtime.InteropServices;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>Values in a part of a file, as they are or rounded (<see cref="RoundedValues"/>).</summary>
/// <param name="file">The file.</param>
/// <param name="offset">Where the part begins, in bytes.</param>
/// <param name="isRounded">Whether they are rounded.</param>
internal sealed class FileValues(TemporaryFile file, long offset, bool isRounded) : ISampleValues
{
    [ThreadStatic]
    private static float[]? _values;

    [ThreadStatic]
    private static ushort[]? _rounded;

    /// <inheritdoc/>
    public void Write(int start, ReadOnlySpan<float> values)
    {
        if (!isRounded)
        {
            file.Write(OffsetOf(start), MemoryMarshal.AsBytes(values));
            return;
        }

        Span<ushort> rounded = GrowingArray.Take(ref _rounded, values.Length);
        RoundedValues.Round(values, rounded);
        file.Write(OffsetOf(start), MemoryMarshal.AsBytes(rounded));
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Read(int start, int count)
    {
        Span<float> values = GrowingArray.Take(ref _values, count);
        if (!isRounded)
        {
            file.Read(OffsetOf(start), MemoryMarshal.AsBytes(values));
            return values;
        }

        Span<ushort> rounded = GrowingArray.Take(ref _rounded, count);
        file.Read(OffsetOf(start), MemoryMarshal.AsBytes(rounded));
        RoundedValues.Expand(rounded, values);
        return values;
    }

    private long OffsetOf(int start) => offset + (long)start * (isRounded ? sizeof(ushort) : sizeof(float));
}
