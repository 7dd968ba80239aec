namespace ZipIt.Numerics;

/// <summary>Memory for one thing after another, as large as the largest of them.</summary>
/// <param name="pool">Where the memory comes from.</param>
internal sealed class GrowingBuffer(BufferPool pool) : IDisposable
{
    private AlignedBuffer? _buffer;

    /// <summary>What was taken last.</summary>
    public ReadOnlyMemory<float> Current => _buffer is null ? default : _buffer.Memory;

    /// <summary>Memory for some floats, with any content; what was there before is no longer valid.</summary>
    public AlignedBuffer Take(int floats)
    {
        long bytes = (long)floats * sizeof(float);
        if (_buffer is null || _buffer.Capacity < bytes)
        {
            Dispose();
            _buffer = pool.Rent(floats);
        }

        _buffer.Bytes = bytes;
        return _buffer;
    }

    /// <summary>Returns the memory to the pool.</summary>
    public void Dispose()
    {
        if (_buffer is not null)
            pool.Return(_buffer);
        _buffer = null;
    }
}
