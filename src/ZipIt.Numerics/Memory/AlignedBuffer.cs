using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZipIt.Numerics;

/// <summary>
/// Memory that never moves and starts at a cache line, so that kernels can work with its address and no vector straddles two lines. It belongs to the garbage
/// collector, or to a
/// <see cref="BufferPool"/> that gives it back by hand. The owner keeps the buffer alive while kernels work.
/// </summary>
internal sealed unsafe class AlignedBuffer
{
    /// <summary>Alignment in bytes: one cache line, and the width of the widest vector.</summary>
    public const int Alignment = 64;

    /// <summary>Largest number of floats that the garbage collector has memory for in one piece.</summary>
    public static readonly int MaximumLength = Array.MaxLength - (Alignment + Slack) / sizeof(float);

    private const int Slack = Alignment; // bytes behind the end, for kernels that take a vector beyond it
    private const int SmallestAligned = 256; // floats; smaller tensors are read too seldom to matter

    private readonly float[]? _array; // null for unmanaged memory
    private readonly int _first;

    private AlignedBuffer(float[] array, int length)
    {
        (_array, _first) = (array, FirstAligned(array));
        Pointer = (float*)Unsafe.AsPointer(ref array[_first]);
        Capacity = Bytes = (long)length * sizeof(float);
    }

    private AlignedBuffer(void* pointer, long bytes)
    {
        Pointer = (float*)pointer;
        Capacity = Bytes = bytes;
    }

    /// <summary>Address of the first value.</summary>
    public float* Pointer { get; private set; }

    /// <summary>Bytes that there are.</summary>
    public long Capacity { get; private set; }

    /// <summary>Bytes that are in use, the first ones.</summary>
    public long Bytes { get; set; }

    /// <summary>Number of floats.</summary>
    public int Length => checked((int)(Bytes / sizeof(float)));

    /// <summary>The memory as floats.</summary>
    public Span<float> Span => _array is null ? new Span<float>(Pointer, Length) : _array.AsSpan(_first, Length);

    /// <summary>The memory as doubles.</summary>
    public Span<double> Doubles => _array is null ? new Span<double>(Pointer, checked((int)(Bytes / sizeof(double)))) : MemoryMarshal.Cast<float, double>(Span);

    /// <summary>The memory as floats, for those who cannot hold a span.</summary>
    public Memory<float> Memory => _array is null ? new Manager(this).Memory : _array.AsMemory(_first, Length);

    /// <summary>A buffer of zeros.</summary>
    public static AlignedBuffer Zeros(int length) => new(AllocateArray(length, isCleared: true), length);

    /// <summary>A buffer that is written before it is read; memory that is never used is never touched.</summary>
    public static AlignedBuffer Uninitialized(int length) => new(AllocateArray(length, isCleared: false), length);

    /// <summary>A buffer with any content that <see cref="Free"/> gives back at once, whatever the garbage collector does.</summary>
    public static AlignedBuffer Unmanaged(long bytes)
    {
        void* pointer = NativeMemory.AlignedAlloc((nuint)checked(bytes + Slack), Alignment);
        GC.AddMemoryPressure(bytes + Slack);
        return new AlignedBuffer(pointer, bytes);
    }

    /// <summary>Zeroed floats whose owner needs no address; those large enough to matter are aligned like a buffer.</summary>
    public static Memory<float> AllocateMemory(int count)
    {
        if (count < SmallestAligned)
            return new float[count];
        float[] array = AllocateArray(count, isCleared: true);
        return array.AsMemory(FirstAligned(array), count);
    }

    /// <summary>Gives unmanaged memory back; nobody may work with it any more.</summary>
    public void Free()
    {
        if (_array is not null)
            throw new InvalidOperationException("The memory belongs to the garbage collector.");
        if (Pointer is null)
            return;
        NativeMemory.AlignedFree(Pointer);
        GC.RemoveMemoryPressure(Capacity + Slack);
        Pointer = null;
        Capacity = Bytes = 0;
    }

    /// <summary>An array that holds that many floats from its first cache line on.</summary>
    private static float[] AllocateArray(int length, bool isCleared)
    {
        int whole = checked(length + (Alignment + Slack) / sizeof(float));
        return isCleared ? GC.AllocateArray<float>(whole, pinned: true) : GC.AllocateUninitializedArray<float>(whole, pinned: true);
    }

    private static int FirstAligned(float[] array) => (int)(-(nint)Unsafe.AsPointer(ref array[0]) & (Alignment - 1)) / sizeof(float);

    /// <summary>Lets a buffer be a <see cref="Memory{T}"/>.</summary>
    private sealed class Manager(AlignedBuffer buffer) : MemoryManager<float>
    {
        public override Span<float> GetSpan() => buffer.Span;

        public override MemoryHandle Pin(int elementIndex = 0) => new(buffer.Pointer + elementIndex, pinnable: this);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
