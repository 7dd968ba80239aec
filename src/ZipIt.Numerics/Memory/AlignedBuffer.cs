using System.Runtime.CompilerServices;

namespace ZipIt.Numerics;

/// <summary>Floats that never move and start at a cache line, so that kernels can work with their address. The owner keeps the buffer alive while they do.</summary>
internal sealed unsafe class AlignedBuffer
{
    /// <summary>Room to move the start to a cache line, and one for kernels that read a vector beyond the end.</summary>
    private const int Slack = 2 * AlignedMemory.Alignment / sizeof(float);

    /// <summary>Largest number of floats.</summary>
    public static readonly int MaximumLength = Array.MaxLength - Slack;

    private readonly float[] _array;

    private AlignedBuffer(float[] array, int length)
    {
        _array = array;
        Length = length;
        nint address = (nint)Unsafe.AsPointer(ref _array[0]);
        Pointer = (float*)((address + AlignedMemory.Alignment - 1) & -AlignedMemory.Alignment);
    }

    /// <summary>Number of floats.</summary>
    public int Length { get; }

    /// <summary>Address of the first float.</summary>
    public float* Pointer { get; }

    /// <summary>The floats.</summary>
    public Span<float> Span => new(Pointer, Length);

    /// <summary>A buffer of zeros.</summary>
    public static AlignedBuffer Zeros(int length) => new(GC.AllocateArray<float>(checked(length + Slack), pinned: true), length);

    /// <summary>A buffer that is written before it is read; memory that is never used is never touched.</summary>
    public static AlignedBuffer Uninitialized(int length) => new(GC.AllocateUninitializedArray<float>(checked(length + Slack), pinned: true), length);
}
