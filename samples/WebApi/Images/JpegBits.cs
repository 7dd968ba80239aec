namespace WebApi;

/// <summary>The bits of a JPEG scan, up to the next marker.</summary>
/// <param name="data">The file from the scan's first byte on.</param>
internal ref struct JpegBits(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _position;
    private int _byte;
    private int _left; // bits of the byte

    /// <summary>Reads some bits as a number, the first one as the highest.</summary>
    /// <exception cref="RejectedImageException">There are no more.</exception>
    public int Read(int count)
    {
        int value = 0;
        for (; count > 0; count--)
            value = value << 1 | ReadBit();
        return value;
    }

    /// <summary>Reads a code.</summary>
    /// <exception cref="RejectedImageException">There are no more bits, or they are no code.</exception>
    public int Read(JpegCodes codes)
    {
        int code = 0;
        for (int length = 1; length <= JpegCodes.LongestCode; length++)
        {
            code = code << 1 | ReadBit();
            if (codes.Find(code, length) is { } symbol)
                return symbol;
        }

        throw JpegScans.Reject("it has a code that no table knows");
    }

    /// <summary>Goes behind a marker that stands next.</summary>
    /// <exception cref="RejectedImageException">Something else does.</exception>
    public void SkipMarker(byte marker)
    {
        _left = 0;
        ReadOnlySpan<byte> rest = _data[_position..];
        if (rest.Length < 2 || rest[0] != 0xFF || rest[1] != marker)
            throw JpegScans.Reject("it does not begin anew where it should");
        _position += 2;
    }

    /// <summary>What stands behind the scan: a marker.</summary>
    /// <exception cref="RejectedImageException">The scan goes on.</exception>
    public readonly ReadOnlySpan<byte> End()
    {
        ReadOnlySpan<byte> rest = _data[_position..];
        return rest.Length >= 2 && rest[0] == 0xFF && rest[1] != 0 ? rest : throw JpegScans.Reject("it has more than its pixels");
    }

    private int ReadBit()
    {
        if (_left == 0)
        {
            if (_position >= _data.Length)
                throw JpegScans.Reject("pixels are missing");
            _byte = _data[_position++];
            if (_byte == 0xFF && (_position >= _data.Length || _data[_position++] != 0))
                throw JpegScans.Reject("pixels are missing");
            _left = 8;
        }

        return _byte >> --_left & 1;
    }
}
