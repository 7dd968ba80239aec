using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Values that are made piece by piece and kept for long, as they are or rounded (<see cref="RoundedValues"/>). Pieces that do not overlap may be changed by
/// several threads at a time.
/// </summary>
internal sealed class TargetValues : ISampleValues, IDisposable
{
    [ThreadStatic]
    private static float[]? _opened;

    [ThreadStatic]
    private static float[]? _read;

    private readonly BufferPool _pool;
    private readonly AlignedBuffer _buffer;
    private readonly bool _isRounded;

    /// <summary>Starts with zeros.</summary>
    /// <param name="length">Number of values.</param>
    /// <param name="isRounded">Whether they are rounded whenever they have been changed.</param>
    /// <param name="pool">Memory.</param>
    public TargetValues(int length, bool isRounded, BufferPool pool)
    {
        (Length, _isRounded, _pool) = (length, isRounded, pool);
        _buffer = pool.RentCleared(isRounded ? RoundedValues.SizeOf(length) : length);
    }

    /// <summary>Number of values.</summary>
    public int Length { get; }

    /// <summary>Some values, to be changed; valid until the thread opens others.</summary>
    /// <param name="start">The first one.</param>
    /// <param name="count">Their number.</param>
    public Span<float> Open(int start, int count)
    {
        if (!_isRounded)
            return _buffer.Span.Slice(start, count);
        Span<float> values = GrowingArray.Take(ref _opened, count);
        RoundedValues.Expand(Rounded.Slice(start, count), values);
        return values;
    }

    /// <summary>Takes values that have been changed.</summary>
    /// <param name="start">The first one.</param>
    /// <param name="values">What <see cref="Open"/> gave.</param>
    public void Close(int start, ReadOnlySpan<float> values)
    {
        if (_isRounded)
            RoundedValues.Round(values, Rounded.Slice(start, values.Length));
    }

    /// <inheritdoc/>
    public void Write(int start, ReadOnlySpan<float> values)
    {
        if (_isRounded)
            Close(start, values);
        else
            values.CopyTo(_buffer.Span[start..]);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Read(int start, int count)
    {
        if (!_isRounded)
            return _buffer.Span.Slice(start, count);
        Span<float> values = GrowingArray.Take(ref _read, count);
        CopyTo(start, values);
        return values;
    }

    /// <summary>Copies some values.</summary>
    /// <param name="start">The first one.</param>
    /// <param name="values">Receives as many as it has room for.</param>
    public void CopyTo(int start, Span<float> values)
    {
        if (_isRounded)
            RoundedValues.Expand(Rounded.Slice(start, values.Length), values);
        else
            _buffer.Span.Slice(start, values.Length).CopyTo(values);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => _pool.Return(_buffer);

    private Span<ushort> Rounded => RoundedValues.In(_buffer.Span);
}
