using System.Runtime.CompilerServices;

namespace ZipIt.Numerics;

/// <summary>Memory that starts at a cache line, so that vector loads do not straddle two of them.</summary>
internal static class AlignedMemory
{
    /// <summary>Alignment in bytes: one cache line, and the width of the widest vector.</summary>
    public const int Alignment = 64;

    private const int SmallestAligned = 256;

    /// <summary>Allocates zeroed floats; buffers large enough to matter start at a multiple of <see cref="Alignment"/> and never move.</summary>
    public static unsafe Memory<float> Allocate(int count)
    {
        if (count < SmallestAligned)
            return new float[count];

        int slack = Alignment / sizeof(float);
        float[] array = GC.AllocateArray<float>(checked(count + slack), pinned: true);
        nint misalignment = (nint)Unsafe.AsPointer(ref array[0]) & (Alignment - 1);
        int skipped = misalignment == 0 ? 0 : (int)((Alignment - misalignment) / sizeof(float));
        return array.AsMemory(skipped, count);
    }
}
