namespace ZipIt.Numerics.Tests;

public sealed class BufferPoolTests
{
    [Fact]
    public void Rent_AfterReturn_TakesTheSameMemoryForWhatIsNotMuchSmaller()
    {
        using var pool = new BufferPool();
        AlignedBuffer first = pool.Rent(1000);
        pool.Return(first);

        AlignedBuffer second = pool.Rent(900), third = pool.Rent(900);

        Assert.Same(first, second);
        Assert.NotSame(first, third);
        Assert.Equal(900, second.Length);
        Assert.Equal((1000 + 900) * sizeof(float), pool.Bytes);
    }

    [Fact]
    public void Rent_MuchSmallerOrLarger_TakesOtherMemory()
    {
        using var pool = new BufferPool();
        AlignedBuffer first = pool.Rent(1000);
        pool.Return(first);

        Assert.NotSame(first, pool.Rent(500));
        Assert.NotSame(first, pool.Rent(1001));
        Assert.Same(first, pool.RentDoubles(500));
    }

    [Fact]
    public void RentCleared_MemoryThatWasUsed_IsZero()
    {
        using var pool = new BufferPool();
        AlignedBuffer first = pool.Rent(100);
        first.Span.Fill(1);
        pool.Return(first);

        AlignedBuffer second = pool.RentCleared(100);

        Assert.Same(first, second);
        Assert.Equal(new float[100], second.Span.ToArray());
    }

    [Fact]
    public void Rent_MuchIsFreeButDoesNotFit_GivesBackWhatWasLongestUnused()
    {
        using var pool = new BufferPool();
        const int Floats = 20 << 20; // 80 MiB, which nobody writes to
        AlignedBuffer old = pool.Rent(Floats), recent = pool.Rent(Floats);
        pool.Return(old);
        pool.Return(recent);
        Assert.Equal(2L * Floats * sizeof(float), pool.Bytes);

        AlignedBuffer other = pool.Rent(10);

        Assert.Equal((0, Floats, 10), (old.Length, recent.Length, other.Length));
        Assert.Equal((Floats + 10L) * sizeof(float), pool.Bytes);
        Assert.Same(recent, pool.Rent(Floats));
        pool.Trim();
        Assert.Equal((Floats + 10L) * sizeof(float), pool.Bytes);
    }

    [Fact]
    public void Trim_IdleSinceTheLastTrim_GivesItBack()
    {
        using var pool = new BufferPool();
        AlignedBuffer lent = pool.Rent(10), used = pool.Rent(100), idle = pool.Rent(1000);
        pool.Return(used);
        pool.Return(idle);
        pool.Trim();
        pool.Return(pool.Rent(100));
        Assert.Equal(1110 * sizeof(float), pool.Bytes);

        pool.Trim();

        Assert.Equal(110 * sizeof(float), pool.Bytes);
        Assert.Equal((10, 100, 0), (lent.Length, used.Length, idle.Length));

        pool.Trim();

        Assert.Equal(10 * sizeof(float), pool.Bytes);
    }

    [Fact]
    public void Clear_SomeAreLent_GivesBackTheOthers()
    {
        using var pool = new BufferPool();
        AlignedBuffer lent = pool.Rent(10), free = pool.Rent(20);
        pool.Return(free);

        pool.Clear();

        Assert.Equal((10, 0, 10 * sizeof(float)), (lent.Length, free.Length, (int)pool.Bytes));
        pool.Return(lent);
        Assert.Same(lent, pool.Rent(10));
    }

    [Fact]
    public void Return_TwiceOrFromElsewhere_Throws()
    {
        using BufferPool pool = new(), other = new();
        AlignedBuffer buffer = pool.Rent(10);
        pool.Return(buffer);

        Assert.Throws<ArgumentException>(() => pool.Return(buffer));
        Assert.Throws<ArgumentException>(() => pool.Return(other.Rent(10)));
        Assert.Throws<ArgumentException>(() => pool.Return(AlignedBuffer.Zeros(10)));
    }

    [Fact]
    public void Dispose_SomeAreLent_GivesEverythingBack()
    {
        var pool = new BufferPool();
        AlignedBuffer lent = pool.Rent(10), free = pool.Rent(20);
        pool.Return(free);

        pool.Dispose();

        Assert.Equal((0, 0, 0), (lent.Length, free.Length, (int)pool.Bytes));
    }

    [Fact]
    public void Rent_ManyThreads_NeverLendsABufferTwice()
    {
        using var pool = new BufferPool();
        WorkerTeam.For(4, 200, (block, _) =>
        {
            AlignedBuffer buffer = pool.Rent(64 + block % 3);
            buffer.Span.Fill(block);
            Thread.SpinWait(100);
            Assert.True(buffer.Span.IndexOfAnyExcept(block) < 0);
            pool.Return(buffer);
        });

        Assert.InRange(pool.Bytes, 64 * sizeof(float), 200 * 66 * sizeof(float));
    }

    [Fact]
    public void Take_GrowingBuffer_KeepsTheMemoryWhileItSuffices()
    {
        using var pool = new BufferPool();
        using (var growing = new GrowingBuffer(pool))
        {
            AlignedBuffer first = growing.Take(100);
            Assert.Same(first, growing.Take(10));
            Assert.Equal((10, 10), (first.Length, growing.Current.Length));
            Assert.Same(first, growing.Take(100));
            Assert.Equal(500, growing.Take(500).Length);
        }

        Assert.Equal(600 * sizeof(float), pool.Bytes);
        Assert.Equal(500, pool.Rent(500).Length);
        Assert.Equal(600 * sizeof(float), pool.Bytes);
    }
}
