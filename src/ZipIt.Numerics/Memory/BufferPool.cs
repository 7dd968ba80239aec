namespace ZipIt.Numerics;

/// <summary>
/// Large buffers that are used again. Those that nobody needs any more go back to the system at once, so that the memory that a long computation takes does not
/// depend on when the garbage collector runs. Safe for use by several threads.
/// </summary>
internal sealed class BufferPool : IDisposable
{
    private const long MostFreeBytes = 128L << 20; // that are kept while other memory is taken
    private const long ManyBytes = 64L << 20; // that are given back, after which the heap is told to do so, too

    private readonly Lock _gate = new();
    private readonly HashSet<AlignedBuffer> _lent = [];
    private readonly List<AlignedBuffer> _free = []; // in the order in which they were returned
    private long _freeBytes;
    private long _untold; // bytes that were given back since the heap was told
    private int _idle; // the first ones of them: free all the time since the last trim

    /// <summary>Memory that the pool holds, lent or free, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Memory for some floats, with any content.</summary>
    public AlignedBuffer Rent(int floats) => RentBytes((long)floats * sizeof(float));

    /// <summary>Memory for some floats, all of them 0.</summary>
    public AlignedBuffer RentCleared(int floats)
    {
        AlignedBuffer buffer = Rent(floats);
        buffer.Span.Clear();
        return buffer;
    }

    /// <summary>Memory for some doubles, with any content.</summary>
    public AlignedBuffer RentDoubles(int doubles) => RentBytes((long)doubles * sizeof(double));

    /// <summary>Takes a buffer that nobody works with any more.</summary>
    public void Return(AlignedBuffer buffer)
    {
        lock (_gate)
        {
            if (!_lent.Remove(buffer))
                throw new ArgumentException("The buffer has been returned before, or is not from this pool.", nameof(buffer));
            _free.Add(buffer);
            _freeBytes += buffer.Capacity;
        }
    }

    /// <summary>Gives back to the system what nobody has needed since the last call.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            FreeFirst(_idle);
            _idle = _free.Count;
        }
    }

    /// <summary>Gives back to the system whatever is not lent.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            FreeFirst(_free.Count);
        }
    }

    /// <summary>Gives everything back to the system, also what is still lent: nobody may work with it any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            Clear();
            foreach (AlignedBuffer buffer in _lent)
                Free(buffer);
            _lent.Clear();
            TellHeap();
        }
    }

    private AlignedBuffer RentBytes(long bytes)
    {
        lock (_gate)
        {
            // The one that was used last is the likeliest to fit, and to be in the cache.
            int index = _free.FindLastIndex(other => other.Capacity >= bytes && other.Capacity - bytes <= bytes / 8);
            AlignedBuffer buffer;
            if (index >= 0)
            {
                buffer = _free[index];
                _free.RemoveAt(index);
                _freeBytes -= buffer.Capacity;
                if (index < _idle)
                    _idle--;
                buffer.Bytes = bytes;
            }
            else
            {
                FreeIdle();
                buffer = AlignedBuffer.Unmanaged(bytes);
                Bytes += bytes;
            }

            _lent.Add(buffer);
            return buffer;
        }
    }

    /// <summary>Before more memory is taken, what does not fit goes back, but for some; the longest unused first.</summary>
    private void FreeIdle()
    {
        int count = 0;
        for (long left = _freeBytes; left > MostFreeBytes; count++)
            left -= _free[count].Capacity;
        FreeFirst(count);
    }

    private void FreeFirst(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _freeBytes -= _free[i].Capacity;
            Free(_free[i]);
        }

        _free.RemoveRange(0, count);
        _idle = Math.Max(_idle - count, 0);
        if (_untold > ManyBytes)
            TellHeap();
    }

    private void TellHeap()
    {
        if (_untold > 0)
            NativeHeap.Trim();
        _untold = 0;
    }

    private void Free(AlignedBuffer buffer)
    {
        Bytes -= buffer.Capacity;
        _untold += buffer.Capacity;
        buffer.Free();
    }
}
