using ZipIt.Numerics;


namespace ZipIt.Merging;

/// <summary>Large arrays that are used again, so that memory does not depend on when the garbage collector runs.</summary>
internal sealed class FloatPool
{
    private const long CollectAfter = 192L << 20;

    private readonly Dictionary<int, Stack<float[]>> _free = []; // by length
    private readonly Dictionary<int, int> _idle = []; // by length: arrays that have been free all the time since the last trim
    private readonly List<AlignedBuffer> _freeAligned = [];
    private int _idleAligned; // the first ones: free all the time since the last trim
    private long _collectedAt; // from the start of the process on: what came before the refit left garbage too

    /// <summary>An array of exactly this length with any content.</summary>
    public float[] Rent(int length)
    {
        if (length == 0)
            return [];
        if (!_free.TryGetValue(length, out Stack<float[]>? stack) || !stack.TryPop(out float[]? array))
            return GC.AllocateUninitializedArray<float>(length);
        _idle[length] = Math.Min(_idle.GetValueOrDefault(length), stack.Count);
        return array;
    }

    /// <summary>Takes an array that nobody reads any more.</summary>
    public void Return(float[] array)
    {
        if (array.Length == 0)
            return;
        if (!_free.TryGetValue(array.Length, out Stack<float[]>? stack))
            _free.Add(array.Length, stack = []);
        stack.Push(array);
    }

    /// <summary>Memory for at least as many floats, with any content.</summary>
    public AlignedBuffer RentAligned(int length)
    {
        // The one that was used last is the likeliest to fit, and to be in the cache.
        int index = _freeAligned.FindLastIndex(buffer => buffer.Length >= length && buffer.Length - length <= length / 8);
        if (index < 0)
            return AlignedBuffer.Uninitialized(length);
        AlignedBuffer found = _freeAligned[index];
        _freeAligned.RemoveAt(index);
        if (index < _idleAligned)
            _idleAligned--;
        return found;
    }

    /// <summary>Takes memory that nobody reads any more.</summary>
    public void Return(AlignedBuffer buffer) => _freeAligned.Add(buffer);

    /// <summary>Drops arrays that nobody has needed since the last call, and collects garbage where there may be much.</summary>
    public void Trim()
    {
        foreach ((int length, Stack<float[]> stack) in _free)
        {
            for (int idle = _idle.GetValueOrDefault(length); idle > 0; idle--)
                stack.Pop();
            _idle[length] = stack.Count;
        }

        _freeAligned.RemoveRange(0, _idleAligned);
        _idleAligned = _freeAligned.Count;

        if (GC.GetTotalAllocatedBytes() - _collectedAt < CollectAfter)
            return;
        GC.Collect();
        _collectedAt = GC.GetTotalAllocatedBytes();
    }
}
