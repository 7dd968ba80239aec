using System.Buffers;

namespace ZipIt.Numerics.Tests;

public sealed unsafe class AlignedBufferTests
{
    public static TheoryData<int> Lengths => [0, 1, 15, 16, 255, 256, 1000, 100_003];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Zeros_AnyLength_IsAlignedAndCleared(int length) => AssertUsable(AlignedBuffer.Zeros(length), length, isCleared: true);

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Uninitialized_AnyLength_IsAligned(int length) => AssertUsable(AlignedBuffer.Uninitialized(length), length, isCleared: false);

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Unmanaged_AnyLength_IsAlignedUntilItIsFreed(int length)
    {
        var buffer = AlignedBuffer.Unmanaged((long)length * sizeof(float));
        AssertUsable(buffer, length, isCleared: false);
        Memory<float> memory = buffer.Memory;

        buffer.Free();
        buffer.Free();

        Assert.True(buffer.Pointer is null);
        Assert.Equal(0, buffer.Span.Length + buffer.Doubles.Length);
        if (length > 0)
            Assert.ThrowsAny<ArgumentException>(() => memory.Span.Length);
    }

    [Fact]
    public void Free_MemoryOfTheGarbageCollector_Throws() => Assert.Throws<InvalidOperationException>(() => AlignedBuffer.Zeros(1).Free());

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public void AllocateMemory_LargeOrSmall_IsCleared(int length)
    {
        Memory<float> memory = AlignedBuffer.AllocateMemory(length);
        using MemoryHandle handle = memory.Pin();

        Assert.Equal(new float[length], memory.ToArray());
        Assert.True(length < 256 || (nint)handle.Pointer % AlignedBuffer.Alignment == 0);
    }

    private static void AssertUsable(AlignedBuffer buffer, int length, bool isCleared)
    {
        Assert.Equal(0, (nint)buffer.Pointer % AlignedBuffer.Alignment);
        Assert.Equal(length, buffer.Length);
        if (isCleared)
            Assert.True(buffer.Span.IndexOfAnyExcept(0) < 0);
        for (int i = 0; i < length; i++)
            buffer.Pointer[i] = i;
        Assert.Equal(buffer.Span.ToArray(), buffer.Memory.ToArray());
        Assert.Equal(length / 2, buffer.Doubles.Length);
        buffer.Doubles.Fill(-1);
        for (int i = 0; i < length / 2; i++)
            Assert.Equal(-1, ((double*)buffer.Pointer)[i]);
        using MemoryHandle handle = buffer.Memory.Pin();
        Assert.True(length == 0 || handle.Pointer == buffer.Pointer);
    }
}
