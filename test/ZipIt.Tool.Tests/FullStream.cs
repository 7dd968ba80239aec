namespace ZipIt.Tool.Tests;

/// <summary>A file on a disk that is full after some bytes.</summary>
/// <param name="target">The file.</param>
/// <param name="room">Number of bytes that there is room for.</param>
internal sealed class FullStream(Stream target, long room) : Stream
{
    public const string Message = "No space left on device";

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => target.Length;

    public override long Position
    {
        get => target.Position;
        set => throw new NotSupportedException();
    }

    public override void Flush() => target.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (target.Position + count > room)
            throw new IOException(Message);
        target.Write(buffer, offset, count);
    }
}
