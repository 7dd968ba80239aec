using System.Runtime.ExceptionServices;

namespace ZipIt.MLNet;

/// <summary>Passes on what is written, and keeps the first failure for those whose caller ignores it.</summary>
internal sealed class FailureKeepingStream(Stream target) : Stream
{
    private ExceptionDispatchInfo? _failure;

    public override bool CanRead => false;

    public override bool CanSeek => target.CanSeek;

    public override bool CanWrite => true;

    public override long Length => target.Length;

    public override long Position
    {
        get => target.Position;
        set => Keep(() => target.Position = value);
    }

    /// <summary>Throws the first failure, if there was one.</summary>
    public void ThrowIfFailed() => _failure?.Throw();

    public override void Flush() => Keep(target.Flush);

    public override long Seek(long offset, SeekOrigin origin)
    {
        Keep(() => target.Seek(offset, origin));
        return target.Position;
    }

    public override void SetLength(long value) => Keep(() => target.SetLength(value));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Keep(() => target.Write(buffer, offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            target.Write(buffer);
        }
        catch (Exception failure)
        {
            _failure ??= ExceptionDispatchInfo.Capture(failure);
            throw;
        }
    }

    private void Keep(Action action)
    {
        try
        {
            action();
        }
        catch (Exception failure)
        {
            _failure ??= ExceptionDispatchInfo.Capture(failure);
            throw;
        }
    }
}
